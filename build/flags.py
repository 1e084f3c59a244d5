"""The compiler's command, from the list in build/nuitka/flags.toml."""

import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from build.web import ROOT

LIST = ROOT / "build/nuitka/flags.toml"


def listed() -> dict[str, Any]:
    return tomllib.loads(LIST.read_text("utf-8"))


def left_out() -> Mapping[str, str]:
    """Modules that the executable goes without, each with its reason."""
    names: Mapping[str, str] = listed()["left-out"]
    return names


def libraries_not_to_ship(system: str = sys.platform) -> Mapping[str, str]:
    """Patterns of places in the unpacked form where no library may lie, each with its reason."""
    patterns: Mapping[str, str] = listed()["libraries-not-to-ship"].get(system, {})
    return patterns


def command(python: Path, folder: Path, version: str, build_id: str, system: str = sys.platform) -> list[str]:
    """What compiles on `system`, one of the names of sys.platform."""
    about = listed()
    told = {"folder": folder, "version": version, "build": build_id}
    return [
        str(python),
        "-m",
        "nuitka",
        *(flag.format(**told) for flag in (*about["flags"], *about["flags-on"].get(system, ()))),
        *(f"--nofollow-import-to={module}" for module in about["left-out"]),
        *(f"--noinclude-dlls={pattern}" for pattern in about["libraries-left-out"].get(system, ())),
        *(f"--noinclude-dlls={pattern}" for pattern in libraries_not_to_ship(system)),
        "src/ddesk",
    ]
