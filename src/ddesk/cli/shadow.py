"""`ddesk shadow`, which the desk starts by itself: builds the read models as of a position, and tells how far it is.

A process of its own, as folding many events would keep the desk's threads from answering. It ends with the desk.
"""

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from ddesk.bootstrap import PROJECTIONS
from ddesk.errors import DeskError
from ddesk.paths import DataDir
from ddesk.projections.shadow import build
from ddesk.store.connection import open_database
from ddesk.store.log_reader import LogReader

_ORPHANED = 3


def main(given: Sequence[str]) -> int:
    """Given the data directory, the folder to fill, the position and, perhaps, the folder of an older shadow.

    Prints the position reached, one a line.
    """
    root, folder, position, *older = given
    threading.Thread(target=_end_with_the_desk, daemon=True).start()
    try:
        _build(DataDir(Path(root)), Path(folder), int(position), Path(older[0]) if older else None)
    except (DeskError, OSError) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    return 0


def _build(data: DataDir, folder: Path, position: int, older: Path | None) -> None:
    log = LogReader.open(data.log)
    build(folder, position, PROJECTIONS, log, lambda path: open_database(path, "read"), _report, older)
    log.close()


def _report(position: int) -> None:
    print(position, flush=True)


def _end_with_the_desk() -> None:
    """Its standard input ends when the desk does, however that ends."""
    while os.read(0, 1):  # not by sys.stdin, whose lock would be held when the interpreter ends
        pass
    os._exit(_ORPHANED)
