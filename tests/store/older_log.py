"""The log that an earlier version of the program left behind: see `fixtures/README.md`."""

import shutil
from pathlib import Path

from ddesk.store import starter

_FIXTURES = Path(__file__).with_name("fixtures")
FIRST_VERSIONS = _FIXTURES / "first-versions.db"
EVENTS = 117


def lay_out(folder: Path) -> Path:
    """A copy of it, where a desk expects its log."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(FIRST_VERSIONS, folder / "log.db"))


def lay_out_models(folder: Path) -> set[str]:
    """The files that its pictures were made with, where a desk expects models; their names."""
    return {file.name for file in starter.unpack(_FIXTURES / "first-versions", folder / "models")}
