"""A device that fakes share, of which no more can be held than there is."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

_POLL_SECONDS = 0.002


class Card:
    """What each process holds of it is in a file of its number."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._own = folder / str(os.getpid())

    def taken_mb(self) -> float:
        """By all who live."""
        held = [file for file in self._folder.glob("[0-9]*") if psutil.pid_exists(int(file.name))]
        return sum(float(file.read_text() or 0) for file in held)

    def hold(self, mb: float, of_mb: float) -> bool:
        """False where the others leave less than that."""
        with self._alone():
            others = self.taken_mb() - (float(self._own.read_text()) if self._own.exists() else 0.0)
            if others + mb > of_mb:
                return False
            self._own.write_text(str(mb))
            return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = self._folder / "lock"
        while True:
            try:
                lock.mkdir()
                break
            except FileExistsError:
                time.sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            lock.rmdir()
