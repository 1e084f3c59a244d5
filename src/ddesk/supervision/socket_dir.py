"""Where the workers' socket lies."""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

_LONGEST_ADDRESS = 103
"""The shortest limit in use for a UNIX socket's path (macOS; Linux has 107), in bytes."""
_PREFIX = "ddesk-wire-"
_LONGEST_ROOT = _LONGEST_ADDRESS - len(f"/{_PREFIX}12345678/desk")
_LOCK = "lock"
_SETTLED_SECONDS = 60.0
"""A folder younger than this may belong to a desk that is about to lock it."""


class SocketDir:
    """A folder that only this user can enter, its path short enough for a socket in it; locked while it is in use.

    Making one removes those of desks that were killed, which nobody holds locked any more.
    """

    def __init__(self) -> None:
        """Raises OSError where none can be made."""
        root = _root()
        _sweep(root)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
        self._lock = (self.path / _LOCK).open("wb")
        _take(self._lock)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def _root() -> Path:
    roots = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()]
    fitting = (root for root in roots if os.access(root, os.W_OK) and len(os.fsencode(root)) <= _LONGEST_ROOT)
    return Path(next(fitting, "/tmp"))  # noqa: S108  mkdtemp makes the folder 0700


def _sweep(root: Path) -> None:
    for folder in root.glob(f"{_PREFIX}*"):
        try:
            settled = time.time() - folder.stat().st_mtime > _SETTLED_SECONDS
            with (folder / _LOCK).open("r+b") as lock:
                if settled and _take(lock):
                    shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # another user's, or just being removed


def _take(lock: IO[bytes]) -> bool:
    """False where another process holds it."""
    if sys.platform == "win32":
        raise OSError("Windows has no such locks: there the workers are reached by tcp.")
    else:  # noqa: RET506  # what follows is code of one system only, which the type checker knows by this form
        import fcntl

        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
