"""A library of the system that a program needs and doesn't find: told from the loader's words, with what to install."""

import re
import tomllib

from msgspec import Struct

from ddesk import paths

_SIGNS = (
    ("too-old", r"(?P<library>[\w.+-]+): version [`'](?P<version>[\w.]+)' not found"),
    ("", r"(?P<library>[\w.+-]+): cannot open shared object file"),  # glibc
    ("", r"Error loading shared library (?P<library>[\w.+-]+)"),  # musl
    ("", r"Library not loaded: (?:\S*/)?(?P<library>[\w.+-]+)"),  # macOS
    ("dll", r"Could not find module '(?:[^']*[\\/])?(?P<library>[^'\\/]+)' \(or one of its dependencies\)"),  # ctypes
    ("dll", r"DLL load failed while importing (?P<library>\w+)"),  # a module of Python's
)
"""What a loader says, and the line of advice; where that is empty the library has a line of its own, or the general."""

_GENERAL = "any"


class LibraryTrouble(Struct, frozen=True):
    library: str
    words: str
    advice: str


def library_trouble(text: str) -> LibraryTrouble | None:
    """What the loader complains of in `text`; None where it doesn't."""
    for line, sign in _SIGNS:
        if found := re.search(sign, text):
            library = found["library"]
            return LibraryTrouble(library, _words(found), _advice(line or library.partition(".")[0], library))
    return None


def _words(found: re.Match[str]) -> str:
    if version := found.groupdict().get("version"):
        return f"It needs {version}, for which the {found['library']} of this system is too old."
    return f"It needs {found['library']}, and that library, or one that it needs in turn, is not on this system."


def _advice(line: str, library: str) -> str:
    lines: dict[str, str] = tomllib.loads((paths.defaults() / "libraries.toml").read_text("utf-8"))
    return lines.get(line, lines[_GENERAL]).format(library=library)
