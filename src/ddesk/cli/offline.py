"""What a command may do to a data directory by itself, without a desk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ddesk.errors import Fault, Invalid
from ddesk.paths import DataDir
from ddesk.store.instance_lock import AlreadyLocked, InstanceLock


@contextmanager
def exclusively(data: DataDir) -> Iterator[None]:
    """No desk runs on it, and none can start. Raises Fault where one does."""
    try:
        with InstanceLock(data.lock):
            yield
    except AlreadyLocked as running:
        raise Fault("desk_running", "The desk is running on this directory.", "Close it first.") from running


def refuse_inside(data: DataDir, target: Path) -> None:
    """Raises Invalid for a file that would lie among the desk's own."""
    if target.resolve().is_relative_to(data.root):
        raise Invalid("inside_data_dir", f"{target} lies in the data directory.", "Name a file outside of it.")
