from collections.abc import Sequence
from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, given, settings

from ddesk.bootstrap import PROJECTIONS
from ddesk.errors import Fault
from ddesk.events.envelope import NewEvent, Recorded
from ddesk.events.image import ImagePurged
from ddesk.events.log import DataForgotten
from ddesk.events.queue import QueuePaused, QueueResumed
from ddesk.projections.projection import Progress
from ddesk.store.log_reader import LogReader
from tests.domain.samples import REQUESTED
from tests.projections.conftest import Desk, rows
from tests.projections.histories import histories

pytestmark = pytest.mark.quick

REQUEST_A = NewEvent("generation-a", REQUESTED)
REQUEST_B = NewEvent("generation-b", REQUESTED)
PAUSE = NewEvent("queue", QueuePaused())


class Counting:
    """Counts events, and throws at the type that it is told to."""

    name = "counting"
    version = 1
    schema: Sequence[str] = ("create table counted (position integer primary key) strict",)

    def __init__(self, trips_over: str = "") -> None:
        self.trips_over = trips_over

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None:
        db.execute("insert into counted values (?)", (recorded.position,))
        if recorded.type == self.trips_over:
            raise ValueError("stumbled")


def progress_of(found: Sequence[Progress], name: str) -> Progress:
    return next(each for each in found if each.name == name)


def counted(path: Path) -> list[object]:
    return [row[0] for row in rows(path)["counted"]]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
def test_a_rebuild_gives_the_same_rows_as_living_through_it(
    tmp_path_factory: pytest.TempPathFactory, history: list[NewEvent]
) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    runner = desk.open()
    for event in history:
        desk.tell(runner, event)
    runner.close()
    live = rows(runner.path)
    runner.path.unlink()
    rebuilt = desk.open()
    rebuilt.close()
    desk.log.close()
    assert rows(rebuilt.path) == live
    assert not any(each.stalled for each in rebuilt.progress())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
def test_it_gives_the_same_rows_where_something_was_forgotten_since(
    tmp_path_factory: pytest.TempPathFactory, history: list[NewEvent]
) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    runner = desk.open()
    for event in history:
        desk.tell(runner, event)
    reader = LogReader.open(desk.log.location)
    purged = {each.stream for each in history if isinstance(each.event, ImagePurged)}
    asked = {each.stream for each in history if each.stream.startswith("generation-")}
    private = tuple(each for stream in purged | asked for each in reader.private_positions(stream))
    reader.close()
    desk.tell(runner, NewEvent("log", DataForgotten(private)))
    runner.close()
    live = rows(runner.path)
    assert {row[5:7] for row in live["generation"]} <= {("", "")}
    runner.path.unlink()
    rebuilt = desk.open()
    rebuilt.close()
    desk.log.close()
    assert rows(rebuilt.path) == live


def test_what_was_appended_while_it_was_closed_is_caught_up_at_opening(desk: Desk) -> None:
    desk.open().close()
    desk.record(REQUEST_A, PAUSE)
    runner = desk.open()
    assert {each.position for each in runner.progress()} == {2}
    runner.close()


def test_a_projection_that_throws_is_stalled_at_its_event_and_the_others_go_on(desk: Desk) -> None:
    runner = desk.open((*PROJECTIONS, Counting(trips_over="QueuePaused")))
    desk.tell(runner, REQUEST_A, PAUSE, REQUEST_B)
    stalled = progress_of(runner.progress(), "counting")
    assert stalled.position == 1
    assert stalled.stalled is not None
    assert "event 2 (QueuePaused)" in stalled.stalled
    gallery = progress_of(runner.progress(), "gallery")
    assert (gallery.position, gallery.stalled) == (3, None)
    assert counted(runner.path) == [1]
    runner.close()


def test_a_stalled_projection_is_given_another_try_at_the_next_opening(desk: Desk) -> None:
    runner = desk.open((Counting(trips_over="QueuePaused"),))
    desk.tell(runner, REQUEST_A, PAUSE, REQUEST_B)
    runner.close()
    mended = desk.open((Counting(),))
    assert progress_of(mended.progress(), "counting").stalled is None
    mended.close()
    assert counted(mended.path) == [1, 2, 3]


def test_another_version_of_a_projection_is_built_anew_beside_nothing_old(desk: Desk) -> None:
    old = desk.open((Counting(),))
    old.close()

    class Newer(Counting):
        version = 2

    desk.record(REQUEST_A)
    newer = desk.open((Newer(),))
    newer.close()
    assert newer.path != old.path
    assert [path.name for path in desk.folder.glob("read-*")] == [newer.path.name]
    assert counted(newer.path) == [1]


@pytest.mark.parametrize("content", [b"", b"this is no database" * 100, b"SQLite format 3\0" + bytes(5000)])
def test_a_file_that_is_no_read_model_is_replaced(desk: Desk, content: bytes) -> None:
    desk.record(REQUEST_A)
    runner = desk.open((Counting(),))
    runner.close()
    runner.path.write_bytes(content)
    again = desk.open((Counting(),))
    again.close()
    assert counted(again.path) == [1]


def test_a_log_that_was_restored_to_an_earlier_state_is_noticed(desk: Desk, tmp_path: Path) -> None:
    other = Desk(_folder(tmp_path / "other"))
    desk.record(REQUEST_A, PAUSE)
    desk.open((Counting(),)).close()
    other.record(REQUEST_A)
    for path in desk.folder.glob("read-*"):
        (other.folder / path.name).write_bytes(path.read_bytes())
    runner = other.open((Counting(),))
    runner.close()
    other.log.close()
    assert counted(runner.path) == [1]


def test_a_log_that_went_another_way_is_noticed(desk: Desk, tmp_path: Path) -> None:
    other = Desk(_folder(tmp_path / "other"))
    desk.record(PAUSE)
    desk.open((Counting(trips_over="QueuePaused"),)).close()
    other.record(REQUEST_A)
    for path in desk.folder.glob("read-*"):
        (other.folder / path.name).write_bytes(path.read_bytes())
    runner = other.open((Counting(),))
    runner.close()
    other.log.close()
    assert progress_of(runner.progress(), "counting").position == 1
    assert counted(runner.path) == [1]


def test_a_read_file_that_can_not_be_written_holds_nothing_up_and_is_caught_up_later(desk: Desk) -> None:
    runner = desk.open((Counting(),))
    blocker = apsw.Connection(str(runner.path))
    blocker.execute("begin immediate")
    runner._db.set_busy_timeout(0)  # the test need not wait for what it knows
    desk.tell(runner, REQUEST_A)
    behind = progress_of(runner.progress(), "counting")
    assert behind.position == 0
    assert behind.stalled is not None
    blocker.execute("rollback")
    blocker.close()
    desk.tell(runner, NewEvent("queue", QueuePaused()))
    desk.tell(runner, NewEvent("queue", QueueResumed()))
    assert progress_of(runner.progress(), "counting") == Progress(name="counting", version=1, position=3, stalled=None)
    runner.close()
    assert counted(runner.path) == [1, 2, 3]


def test_a_full_disk_stalls_no_projection_and_is_caught_up_later(desk: Desk) -> None:
    runner = desk.open()
    pages = runner._db.pragma("page_count")
    runner._db.pragma("max_page_count", pages)
    requests = [NewEvent(f"generation-{n}", REQUESTED) for n in range(50)]
    desk.tell(runner, *requests)
    behind = progress_of(runner.progress(), "generations")
    assert (behind.position, behind.stalled is None) == (0, False)
    assert "could not be written" in str(behind.stalled)
    runner._db.pragma("max_page_count", pages + 1000)
    desk.tell(runner, PAUSE)
    assert {(each.position, each.stalled) for each in runner.progress()} == {(51, None)}
    runner.close()


def test_read_models_that_can_not_be_built_are_a_fault_with_advice(desk: Desk) -> None:
    desk.record(REQUEST_A)
    runner = desk.open()
    runner.close()
    runner.path.unlink()
    runner.path.with_suffix(".building").mkdir()
    with pytest.raises(Fault) as hindered:
        desk.open()
    assert hindered.value.code == "read_models_unwritable"


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
