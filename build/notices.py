"""Whose work the executable carries, under which licences, with the texts."""

import json
import subprocess
import sysconfig
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path
from typing import Any, NamedTuple

from build import flags, system_libraries, toolkits
from build.web import OUT, ROOT

_EXPORT = ["uv", "export", "--quiet", "--no-dev", "--no-hashes", "--no-emit-project", "--no-annotate", "--no-header"]
_IN_THE_ENGINES = ROOT / "build/licences"


class Notice(NamedTuple):
    """`purl` names a package of a registry, and is empty where it comes from none."""

    name: str
    version: str
    licence: str
    text: str
    purl: str = ""


def of_all(site: Path) -> list[Notice]:
    """Of everything that a build from the packages in `site` ships."""
    return [*of_packages(site, shipped()), *of_the_page(), *of_the_engines(), *of_the_runtime(), *of_the_system()]


def texts(notices: list[Notice]) -> str:
    own = (ROOT / "LICENSE").read_text("utf-8")
    chapters = [f"DiffusionDesk\n\n{own}"]
    chapters += [f"{each.name} {each.version}\n{each.licence}\n\n{each.text}" for each in notices]
    return f"\n\n{'=' * 80}\n\n".join(chapter.strip() for chapter in chapters) + "\n"


def shipped() -> set[str]:
    """The names of all packages that the desk needs, less those which the compiler leaves out."""
    lines = subprocess.run(_EXPORT, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    names = {line.partition("==")[0].strip() for line in lines if "==" in line}
    return names - {name.replace("_", "-") for name in flags.left_out()}


def of_packages(site: Path, names: set[str]) -> Iterator[Notice]:
    """Those of `names` that are installed: some are for other systems only."""
    found = {_normal(each.name): each for each in distributions(path=[str(site)])}
    for name in sorted(names & set(found)):
        each = found[name]
        yield Notice(name, each.version, _licence(each), _texts(each), f"pkg:pypi/{name}@{each.version}")


def of_the_page() -> Iterator[Notice]:
    """What the bundler found in the page: it wrote the texts down beside it."""
    for each in json.loads((OUT / "licences.json").read_bytes()):
        purl = f"pkg:npm/{each['name'].replace('@', '%40')}@{each['version']}"
        yield Notice(each["name"], each["version"], each["identifier"], each["text"], purl)


def of_the_engines() -> Iterator[Notice]:
    """Compiled into the engines' libraries; their packages bring the texts only with the source."""
    for path in sorted(_IN_THE_ENGINES.glob("*.txt")):
        yield Notice(path.stem, "", "as below", path.read_text("utf-8"))


def of_the_runtime() -> Iterator[Notice]:
    interpreter = Path(sysconfig.get_path("stdlib"), "LICENSE.txt")
    yield Notice("CPython", sysconfig.get_python_version(), "PSF-2.0", interpreter.read_text("utf-8"))
    try:
        compiler = distribution("nuitka")
    except PackageNotFoundError:
        return
    yield Notice("Nuitka's runtime", compiler.version, "AGPL-3.0 WITH Nuitka-exception", _texts(compiler, "RUNTIME"))


def of_a_toolkit(toolkit: toolkits.Found | None) -> Iterator[Notice]:
    """Of the libraries of a graphics card's maker that go along."""
    if toolkit and toolkit.licence:
        text = toolkit.licence.read_text("utf-8", "replace")
        yield Notice(f"Libraries of {toolkit.folder.name}", "", "as below", text)


def of_the_system() -> Iterator[Notice]:
    for name, version, text in system_libraries.packages():
        yield Notice(name, version, "as below", text, f"pkg:deb/debian/{name}@{version}")


def _licence(package: Distribution) -> str:
    """The expression, else the classifiers, else the short form that older packages give."""
    about: Any = package.metadata
    classified = [line.rsplit("::", 1)[1].strip() for line in about.get_all("Classifier", []) if "License ::" in line]
    short = about.get("License", "").strip().splitlines()
    return str(about.get("License-Expression") or " / ".join(classified) or (short[0] if short else "as below"))


def _texts(package: Distribution, containing: str = "") -> str:
    """The licence files of a package; where it brings none, what it says of itself."""
    files = [
        each
        for each in package.files or ()
        if ".dist-info" in each.parts[0] and containing in each.name
        if any(word in each.name.upper() for word in ("LICEN", "COPYING", "NOTICE"))
    ]
    return "\n\n".join(each.read_text("utf-8").strip() for each in files) or f"Licence: {_licence(package)}"


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
