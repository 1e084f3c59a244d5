from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import apsw
import pytest

from ddesk.bootstrap import PROJECTIONS
from ddesk.events.envelope import NewEvent, Origin
from ddesk.paths import migrations
from ddesk.projections.projection import Projection
from ddesk.projections.runner import Runner
from ddesk.store.connection import open_database
from ddesk.store.event_log import EventLog
from ddesk.store.writer import Append


class Desk:
    """A log and its read models, without threads: what is told is applied when it returns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = EventLog.open(folder / "log.db", migrations())
        self._numbers = count(1)

    def open(self, projections: Sequence[Projection] = PROJECTIONS) -> Runner:
        return Runner(self.folder, projections, self.log, lambda path: open_database(path, "read"))

    def record(self, *events: NewEvent, actor: str = "user") -> None:
        """One command, caused by what was recorded last."""
        id_ = f"command-{next(self._numbers)}"
        versions: dict[str, int] = {}
        for each in events:
            versions.setdefault(each.stream, self._version(each.stream))
        cause = self.log.head.position or None
        origin = Origin(command_id=id_, correlation_id=id_, actor=actor, causation=cause)
        outcome = self.log.append([Append(origin=origin, expected=versions, events=events)])
        assert not isinstance(outcome[0], Exception), outcome[0]

    def _version(self, stream: str) -> int:
        return sum(1 for recorded in self.log.read() if recorded.stream == stream)

    def tell(self, runner: Runner, *events: NewEvent, actor: str = "user") -> None:
        before = self.log.head.position
        self.record(*events, actor=actor)
        runner.apply(list(self.log.read(before)))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.log.close()


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, whatever the order in which they were written; of an index, every word in its place."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    tables = db.execute(
        "select name, type from pragma_table_list where schema = 'main' and type <> 'shadow'"
    ).fetchall()
    found = {str(name): sorted(_content(db, str(name), str(kind)), key=repr) for name, kind in sorted(tables)}
    db.close()
    return found


def _content(db: apsw.Connection, table: str, kind: str) -> list[tuple[object, ...]]:
    """How a full-text index is cut into pieces is a matter of when it was written."""
    if kind == "virtual":
        db.execute(f"create virtual table temp.words_of_{table} using fts5vocab(main, {table}, instance)")
        table = f"temp.words_of_{table}"
    return db.execute(f"select * from {table}").fetchall()
