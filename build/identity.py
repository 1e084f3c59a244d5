"""What an executable is made of, as one name: the same inputs have the same, and any change gives another.

The folder that it unpacks into bears this name. Its files are rewritten in place, so two builds must never share one.
"""

import hashlib
import os
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

from build.web import ROOT

SOURCES = ("src", "workers", "migrations", "build/nuitka", "build/icons", "build/licences")
ENGINES = ("stable_diffusion_cpp/lib", "llama_cpp/lib")


def version(root: Path = ROOT) -> str:
    return str(tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def commit_time() -> int:
    """Seconds since 1970 of the commit that is built, or SOURCE_DATE_EPOCH (reproducible-builds.org)."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    shown = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return int(shown.stdout)


def build_id(site: Path, root: Path = ROOT) -> str:
    """`0.1.0-` and a digest of the sources, the packages installed in `site`, and the engines' libraries."""
    digest = hashlib.sha256()
    for line in (*_packages(site), *_files(root, SOURCES), *_files(site, ENGINES)):
        digest.update(line.encode() + b"\0")
    return f"{version(root)}-{digest.hexdigest()[:12]}"


def _packages(site: Path) -> list[str]:
    return sorted(f"{each.name}=={each.version}" for each in distributions(path=[str(site)]))


def _files(base: Path, folders: tuple[str, ...]) -> Iterator[str]:
    for folder in folders:
        for path in sorted(each for each in (base / folder).rglob("*") if each.is_file()):
            if "__pycache__" not in path.parts:
                with path.open("rb") as file:
                    yield f"{path.relative_to(base).as_posix()} {hashlib.file_digest(file, 'sha256').hexdigest()}"
