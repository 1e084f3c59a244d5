"""A log whose every event is of its first schema version is as good as a new one."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import apsw
import pytest

from ddesk.app.streams import decider_of, folded
from ddesk.bootstrap import PROJECTIONS
from ddesk.events import TYPES
from ddesk.events.codec import encode
from ddesk.events.envelope import Recorded
from ddesk.events.upcast import UPCASTERS, current_schema
from ddesk.paths import migrations
from ddesk.projections.runner import Runner
from ddesk.store.connection import open_database
from ddesk.store.event_log import EventLog
from tests.projections.conftest import rows
from tests.store.older_log import EVENTS, FIRST_VERSIONS, lay_out

pytestmark = pytest.mark.quick


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = EventLog.open(lay_out(tmp_path), migrations())
    yield opened
    opened.close()


class Told:
    """The log as it was when it had come to `head`."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.head = 0

    def read(self, after: int = 0, until: int | None = None) -> Iterable[Recorded]:
        return self._log.read(after, self.head if until is None else min(until, self.head))

    def hash_at(self, position: int) -> bytes | None:
        return self._log.hash_at(position) if position <= self.head else None


def test_it_holds_the_first_version_of_all_that_has_a_later_one() -> None:
    db = apsw.Connection(str(FIRST_VERSIONS), apsw.SQLITE_OPEN_READONLY)
    written = set(db.execute("SELECT DISTINCT type, schema FROM event"))
    db.close()
    assert {schema for _, schema in written} == {1}
    assert {(kind, 1) for kind, _ in UPCASTERS} <= written


def test_it_opens_and_every_event_is_as_it_was_written(log: EventLog) -> None:
    found = log.verify()
    assert (found.ok, found.head.position) == (True, EVENTS)


def test_every_event_reads_as_one_of_today_and_could_be_written_again(log: EventLog) -> None:
    for recorded in log.read():
        assert type(recorded.event) is TYPES[recorded.type]
        assert encode(recorded.event).schema == current_schema(recorded.type)


def test_every_stream_is_a_story_by_todays_rules(log: EventLog) -> None:
    by_stream = sorted(log.read(), key=lambda recorded: recorded.stream)
    for stream, story in groupby(by_stream, key=lambda recorded: recorded.stream):
        decider = decider_of(stream)
        assert decider is not None
        assert folded(stream, story) != decider.initial, stream


def test_a_rebuild_gives_the_same_rows_as_living_through_it(log: EventLog, tmp_path: Path) -> None:
    told = Told(log)
    live = _read_models(tmp_path / "live", told)
    for recorded in log.read():
        told.head = recorded.position
        live.apply([recorded])
    live.close()
    rebuilt = _read_models(tmp_path / "rebuilt", told)
    rebuilt.close()
    assert not any(each.stalled for each in (*live.progress(), *rebuilt.progress()))
    assert rows(rebuilt.path) == rows(live.path)
    assert len(rows(rebuilt.path)["image"]) == 5


def test_it_is_brought_to_todays_schema_and_a_copy_is_kept_where_that_changes_it(log: EventLog, tmp_path: Path) -> None:
    newest = len(list(migrations().glob("*.sql")))
    assert log._connection.pragma("user_version") == newest
    assert len(list(tmp_path.glob("backups/*.db"))) == (newest > 1)


def _read_models(folder: Path, told: Told) -> Runner:
    folder.mkdir()
    return Runner(folder, PROJECTIONS, told, lambda path: open_database(path, "read"))
