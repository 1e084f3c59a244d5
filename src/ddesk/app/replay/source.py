"""A log to be replayed, from the file that one has: a log, or what `ddesk log export` wrote."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ddesk.paths import migrations
from ddesk.store.importing import import_log
from ddesk.store.past_log import PastLog


@contextlib.contextmanager
def opened(file: Path, until: int | None = None) -> Iterator[PastLog]:
    """Up to `until`, or to its end. Raises NotFound, Invalid, and Fault where it can't be read."""
    with contextlib.ExitStack() as closing:
        if _is_export(file):
            folder = closing.enter_context(tempfile.TemporaryDirectory(prefix="ddesk-log-"))
            log = _imported(file, Path(folder))
        else:
            log = PastLog.open(file)
        closing.callback(log.close)
        yield log if until is None else log.up_to(until)


def _is_export(file: Path) -> bool:
    """What can't be opened is refused by who opens it next."""
    with contextlib.suppress(OSError), file.open("rb") as content:
        return content.read(1) == b"{"
    return False


def _imported(file: Path, folder: Path) -> PastLog:
    """Without what the import itself adds at the end."""
    head, _ = import_log(file, folder / "log.db", migrations())
    return PastLog.open(folder / "log.db", head.head_position)
