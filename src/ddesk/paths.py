"""Where things lie: the files that come with the program, and those in a person's data directory."""

import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

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
        self.window = root / "window"
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
    with replaced_durably(path, mode) as file:
        file.write(content)


@contextmanager
def replaced_durably(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """As `write_durably`, for what is written piece by piece: it takes the place of `path` where nothing is raised."""
    made = _missing_parents(path)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    for folder in (path.parent, *(parent.parent for parent in made)):
        sync(folder)


def _missing_parents(path: Path) -> list[Path]:
    return [parent for parent in path.parents if not parent.exists()]


def sync(path: Path) -> None:
    """Make a file's content or the names in a folder durable; for the latter Windows has no call, and needs none."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)  # Windows syncs only what may be written
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def launcher() -> tuple[str, ...]:
    """The command that a person starts: of the one-file executable its own, not that of what it unpacks."""
    return (str(Path(sys.argv[0]).absolute()),) if is_compiled() else program()


def is_compiled() -> bool:
    return "__compiled__" in globals()


def login_entry(data_dir: Path) -> tuple[str, tuple[str, ...]]:
    """A name for this directory's desk among what starts at login, and the command that starts it without its page."""
    if data_dir == default_data_dir():
        return "ddesk", (*launcher(), "--window", "none")
    known_by = hashlib.sha256(str(data_dir).encode()).hexdigest()[:8]
    return f"ddesk-{known_by}", (*launcher(), "--data-dir", str(data_dir), "--window", "none")


def program() -> tuple[str, ...]:
    """The command that starts this very program again, from source or as the compiled executable.

    A compiled one names its inner binary in `__compiled__`, so that workers are not unpacked a second time.
    """
    compiled = globals().get("__compiled__")
    if compiled is not None:
        return (str(compiled.process_exe),)
    return (sys.executable, "-m", "ddesk")
