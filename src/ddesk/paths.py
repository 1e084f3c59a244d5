"""Where things lie: the files that come with the program, and those in a person's data directory."""

import os
import sys
from pathlib import Path

import platformdirs

PACKAGE = Path(__file__).resolve().parent


def migrations() -> Path:
    """A wheel and a binary carry them as ddesk/_migrations; nothing ever writes that folder into a checkout."""
    packaged = PACKAGE / "_migrations"
    return packaged if packaged.is_dir() else PACKAGE.parents[1] / "migrations"


def web() -> Path:
    """The built page: the hatchling hook writes it here, also in a checkout."""
    return PACKAGE / "_web"


def defaults() -> Path:
    """Prompts, catalogues and starter models: data that comes with the program."""
    return PACKAGE / "defaults"


def default_data_dir() -> Path:
    return platformdirs.user_data_path("ddesk", appauthor=False)


class DataDir:
    """The layout of a data directory; creating one makes its folders, readable by their owner alone."""

    FOLDERS = ("images", "inputs", "thumbs", "trash", "backups", "logs", "models", "secrets", "cache")

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / "log.db"
        self.images = root / "images"
        self.thumbs = root / "thumbs"
        self.models = root / "models"
        self.secrets = root / "secrets"
        self.backups = root / "backups"
        self.logs = root / "logs"
        self.settings = root / "settings.toml"
        self.session = root / "desk.json"
        self.lock = root / "desk.lock"

    def create(self) -> None:
        """Raises OSError where the directory can't be made or written."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in self.FOLDERS:
            (self.root / name).mkdir(exist_ok=True, mode=0o700)


def write_durably(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace the file at `path` as a whole, or leave it as it was, also across a power cut.

    Raises OSError where it can't be written; nothing is left behind then.
    """
    made = _missing_parents(path)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    for folder in (path.parent, *(parent.parent for parent in made)):
        _sync_directory(folder)


def _missing_parents(path: Path) -> list[Path]:
    return [parent for parent in path.parents if not parent.exists()]


def _sync_directory(folder: Path) -> None:
    """Make the names in a folder durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def program() -> tuple[str, ...]:
    """The command that starts this very program again, from source or as the compiled executable.

    A compiled one names its inner binary in `__compiled__`, so that workers are not unpacked a second time.
    """
    compiled = globals().get("__compiled__")
    if compiled is not None:
        return (str(compiled.process_exe),)
    return (sys.executable, "-m", "ddesk")
