"""Whether the read models of a data directory are what the log makes of them."""

from collections.abc import Sequence
from pathlib import Path

import apsw
from msgspec import Struct

from ddesk.app.replay.rebuilding import Rebuilt, rebuild
from ddesk.errors import NotFound
from ddesk.projections.changes import ChangeRecorder, RowChange
from ddesk.projections.projection import Projection, fingerprint
from ddesk.store.connection import open_database
from ddesk.store.faults import translated
from ddesk.store.past_log import PastLog


class Check(Struct, frozen=True, kw_only=True):
    """`changes` are what would make the live read models what they should be; `of_this_log` is whether it is the log
    that they followed, without which nothing else is looked at.
    """

    live: Path
    position: int
    of_this_log: bool
    rows: int = 0
    changes: list[RowChange] = []
    stalled: dict[str, str] = {}
    rebuilt: Rebuilt | None = None


def check(log: PastLog, projections: Sequence[Projection], data: Path, scratch: Path) -> Check:
    """Compare the read file in `data` with a fresh one, both in `scratch`, at the live one's position.

    Raises NotFound where there is no such file, Fault where something can't be read or written.
    """
    live = data / f"read-{fingerprint(projections)}.db"
    if not live.exists():
        words = f"This version of the program has built no read models in {data}."
        raise NotFound("no_read_models", words, "Open the desk, which builds them, and close it if you like.")
    copy = scratch / "live.db"
    _copy(live, copy)
    position, hash_, stalled = _state_of(copy)
    if log.hash_at(position) != hash_:
        return Check(live=live, position=position, of_this_log=False)
    rebuilt = rebuild(log.up_to(position), projections, scratch)
    changes, rows = _compared(rebuilt.path, copy)
    return Check(
        live=live,
        position=position,
        of_this_log=True,
        rows=rows,
        changes=changes,
        stalled={**stalled, **{each.name: each.stalled for each in rebuilt.progress if each.stalled}},
        rebuilt=rebuilt,
    )


def _copy(live: Path, copy: Path) -> None:
    """As of one moment, however much a running desk writes meanwhile."""
    source = open_database(live, "read-reader")
    try:
        target = apsw.Connection(str(copy))
        with target.backup("main", source, "main") as backup:
            backup.step()
        target.close()
    except apsw.Error as error:
        raise translated(error, f"{live} could not be read") from error
    finally:
        source.close()


def _state_of(path: Path) -> tuple[int, bytes, dict[str, str]]:
    db = open_database(path, "read")
    try:
        position, hash_ = db.execute("select position, hash from seen").fetchone() or (0, b"")
        stalled = dict(db.execute("select name, stalled from projection where stalled is not null"))
        return int(position), hash_, stalled
    except apsw.Error as error:
        raise translated(error, "The read models can't be read") from error
    finally:
        db.close()


def _compared(rebuilt: Path, live: Path) -> tuple[list[RowChange], int]:
    db = open_database(rebuilt, "read")
    try:
        db.execute("attach ? as live", (str(live),))
        recorder = ChangeRecorder(db)
        rows = sum(db.execute(f"select count(*) from {table}").get for table in recorder.tables)
        return recorder.against("live"), rows
    except apsw.Error as error:
        raise translated(error, "The read models can't be compared") from error
    finally:
        db.close()
