"""Writes the exact versions of everything that the direct dependencies bring into pyproject.toml.

`python -m build.pins` takes the newest that fit. uv.lock is not committed, as it names a registry's host; uv resolves
to the same versions from these lines in any clone.
"""

import re
import subprocess
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
EXPORT = ["uv", "export", "--quiet", "--all-groups", "--no-hashes", "--no-emit-project", "--no-annotate", "--no-header"]
# What builds a package from source: uv resolves it apart, and constrains it apart.
BUILD = ["uv", "pip", "compile", "--quiet", "--universal", "--no-annotate", "--no-header", "--no-emit-index-url", "-"]
BUILD_REQUIREMENTS = "hatchling==1.33.0\nscikit-build-core[pyproject]>=0.9.2\ncmake>=3.21\nninja\n"


def rewrite(text: str, name: str, pins: list[str]) -> str:
    block = "\n".join([f"{name} = [", *(f'    "{pin}",' for pin in pins), "]"])
    changed, found = re.subn(rf"^{name} = \[(\]$|\n.*?^\]$)", lambda _: block, text, flags=re.M | re.S)
    if found != 1:
        raise SystemExit(f"pyproject.toml must hold one list named {name}")
    return changed


def output(command: list[str], stdin: str = "") -> list[str]:
    done = subprocess.run(command, cwd=PYPROJECT.parent, input=stdin, text=True, stdout=subprocess.PIPE, check=True)
    return [line.replace('"', "'") for line in done.stdout.splitlines()]


def main() -> None:
    text = PYPROJECT.read_text()
    for name in ("constraint-dependencies", "build-constraint-dependencies"):
        text = rewrite(text, name, [])
    PYPROJECT.write_text(text)
    subprocess.run(["uv", "lock", "--upgrade"], cwd=PYPROJECT.parent, check=True)
    text = rewrite(text, "constraint-dependencies", output(EXPORT))
    text = rewrite(text, "build-constraint-dependencies", output(BUILD, BUILD_REQUIREMENTS))
    PYPROJECT.write_text(text)


if __name__ == "__main__":
    main()
