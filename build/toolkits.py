"""What the engines need of a graphics card's maker: looked for before anything is built; what may goes along."""

import os
import shutil
import sys
import tomllib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path

import msgspec
from msgspec import Struct

from build import flags

TABLE = Path(__file__).with_name("toolkits.toml")
_LIBRARY_FOLDERS = ("lib64", "lib")


class Toolkit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """As toolkits.toml describes it."""

    program: str
    missing: str
    named_in: str = ""
    beneath: tuple[str, ...] = ()
    cmake: str = ""
    carried: dict[str, tuple[str, ...]] = {}
    licence: tuple[str, ...] = ()
    licence_missing: str = ""
    depends: tuple[str, ...] = ()


class Found(Struct, frozen=True, kw_only=True):
    """A toolkit on this machine. `libraries` are folders with what goes along and `licence` its text, if any does."""

    folder: Path
    libraries: tuple[Path, ...] = ()
    licence: Path | None = None


def table() -> dict[str, Toolkit]:
    """By backend; the processor needs none."""
    return msgspec.convert(tomllib.loads(TABLE.read_text("utf-8")), dict[str, Toolkit])


def look(toolkit: Toolkit, environment: Mapping[str, str]) -> Found | str:
    """Where it is or, in words, what a person has to do first."""
    program = _program(toolkit, environment)
    if program is None:
        return toolkit.missing
    folder = Path(program).resolve().parent.parent
    if not toolkit.carried:
        return Found(folder=folder)
    licence = next((folder / place for place in toolkit.licence if (folder / place).is_file()), None)
    if licence is None:
        return toolkit.licence_missing.format(folder=folder)
    libraries = tuple(folder / name for name in _LIBRARY_FOLDERS if (folder / name).is_dir())
    return Found(folder=folder, libraries=libraries, licence=licence)


def demand(backend: str) -> Found | None:
    """None where the backend needs no toolkit. Ends the build where one is missing, saying what to do."""
    toolkit = table().get(backend)
    if toolkit is None:
        return None
    found = look(toolkit, os.environ)
    if isinstance(found, str):
        raise SystemExit(found)
    return found


def depends(backend: str) -> tuple[str, ...]:
    """Packages of Debian that an executable with this backend needs beside the others."""
    toolkit = table().get(backend)
    return toolkit.depends if toolkit else ()


def faults(backend: str, files: Iterable[str], system: str = sys.platform) -> list[str]:
    """What is wrong with an executable that holds these files: what it lacks, and what it may not carry."""
    names = list(files)
    toolkit = table().get(backend)
    wanted = toolkit.carried.get(system, ()) if toolkit else ()
    lacking = [pattern for pattern in wanted if not any(fnmatch(Path(name).name, pattern) for name in names)]
    unwanted = [
        name for name in names if any(fnmatch(name, pattern) for pattern in flags.libraries_not_to_ship(system))
    ]
    return [f"{each} was not found by the compiler" for each in lacking] + [f"{each} is in it" for each in unwanted]


def _program(toolkit: Toolkit, environment: Mapping[str, str]) -> str | None:
    path = environment.get("PATH", "")
    if named := environment.get(toolkit.named_in):
        return shutil.which(named, path=path)
    folders = [str(Path(environment[name], "bin")) for name in toolkit.beneath if environment.get(name)]
    return shutil.which(toolkit.program, path=os.pathsep.join(filter(None, [path, *folders])))
