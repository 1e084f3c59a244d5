"""The log that an earlier version of the program left behind: see `fixtures/README.md`."""

import shutil
from pathlib import Path

FIRST_VERSIONS = Path(__file__).with_name("fixtures") / "first-versions.db"
EVENTS = 117


def lay_out(folder: Path) -> Path:
    """A copy of it, where a desk expects its log."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(FIRST_VERSIONS, folder / "log.db"))
