"""Which executable is built, and where its parts lie: all under dist/, which git ignores."""

import os
from pathlib import Path
from typing import NamedTuple

from build.web import ROOT

DIST = ROOT / "dist"
_EXE = ".exe" if os.name == "nt" else ""


class Variant(NamedTuple):
    """A quick one takes the engines as they are in the environment that runs the build."""

    backend: str = "cpu"
    quick: bool = False

    @property
    def name(self) -> str:
        return "quick" if self.quick else self.backend

    @property
    def engines(self) -> Path:
        """The environment that a full build compiles from."""
        return DIST / "engines" / self.name

    @property
    def work(self) -> Path:
        """The compiler's folder; it is kept, so that the next build finds what it compiled."""
        return DIST / "work" / self.name

    @property
    def unpacked(self) -> Path:
        """The folder that packages are made from; `inner_program` starts it."""
        return self.work / "ddesk.dist"

    @property
    def inner_program(self) -> Path:
        return self.unpacked / f"ddesk{_EXE or '.bin'}"

    @property
    def onefile(self) -> Path:
        """As the compiler leaves it."""
        return self.work / f"ddesk{_EXE}"

    @property
    def program(self) -> Path:
        """What a person gets: any but the plain one says so in its name."""
        return DIST / f"ddesk{'' if self.name == 'cpu' else f'-{self.name}'}{_EXE}"
