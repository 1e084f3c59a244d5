"""What was decided about memory is found by generation, and what came of it by time and preset."""

from collections.abc import Iterator

import apsw
import pytest

from ddesk.events.envelope import NewEvent
from ddesk.events.memory import MemoryEvent
from ddesk.projections import memory
from ddesk.projections.runner import Runner
from ddesk.store.connection import open_database
from tests.domain.samples import measured, planned
from tests.projections.conftest import Desk

pytestmark = pytest.mark.quick


@pytest.fixture
def runner(desk: Desk) -> Iterator[Runner]:
    """Positions: 1 a plan of `a`, 2 of `b`, 3 for nobody, 4 and 5 pictures of `b`, 6 `a` again, 7 its picture."""
    opened = desk.open()
    events: tuple[MemoryEvent, ...] = (
        planned("a"),
        planned("b"),
        planned(None, purpose="prewarm"),
        measured("b", "b-0", preset_id="other", measured_mb=900.0),
        measured("b", "b-1"),
        planned("a", conservative=True),
        measured("a", "a-0"),
    )
    for event in events:
        desk.tell(opened, NewEvent("memory-image", event))
    yield opened
    opened.close()


@pytest.fixture
def db(runner: Runner) -> apsw.Connection:
    return open_database(runner.path, "read-reader")


def test_the_plans_of_a_generation_are_found_in_the_log(db: apsw.Connection) -> None:
    assert memory.plans(db, "a") == [1, 6]
    assert memory.plans(db, "b") == [2]
    assert memory.plans(db, "c") == []


def test_each_picture_of_a_generation_has_what_it_took(db: apsw.Connection) -> None:
    first, second = memory.measured(db, "b")
    assert (first.image_id, first.preset_id, first.predicted_mb, first.measured_mb) == ("b-0", "other", 1100.0, 900.0)
    assert (second.image_id, second.width, second.height, second.known) == ("b-1", 64, 64, "scaled")


def test_measurements_are_paged_newest_first(db: apsw.Connection) -> None:
    newest = memory.page(db, before=None, preset_id=None, limit=2)
    assert [row.position for row in newest] == [7, 5]
    assert [row.position for row in memory.page(db, before=5, preset_id=None, limit=2)] == [4]


def test_those_of_one_preset_are_paged_apart(db: apsw.Connection) -> None:
    assert [row.position for row in memory.page(db, before=None, preset_id="toy", limit=5)] == [7, 5]
    assert [row.position for row in memory.page(db, before=7, preset_id="other", limit=5)] == [4]


def test_what_was_not_measured_is_no_error(desk: Desk, runner: Runner, db: apsw.Connection) -> None:
    desk.tell(runner, NewEvent("memory-image", measured("a", "a-1", measured_mb=0.0)))
    assert len(memory.measured(db, "a")) == 1
