"""A real desk for a bench."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.desk_process import DeskProcess


@contextmanager
def opened_desk(data: Path) -> Iterator[DeskProcess]:
    """A desk on a new data directory, all its workers ready."""
    desk = DeskProcess(data)
    try:
        for worker in ("image", "media"):
            desk.until("WorkerReady", stream=f"worker-{worker}")
        yield desk
    finally:
        desk.stop()
