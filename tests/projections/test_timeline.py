from collections.abc import Callable, Iterator

import apsw
import msgspec
import pytest

from ddesk.events.envelope import NewEvent
from ddesk.events.image import ImageRated, ImageTagged, ImageTrashed
from ddesk.events.log import DataForgotten
from ddesk.events.preset import ImagePresetEdited
from ddesk.events.queue import QueuePaused
from ddesk.events.settings import SettingChanged
from ddesk.projections import timeline
from ddesk.projections.runner import Runner
from ddesk.projections.timeline import Span, Wanted, kind_of
from ddesk.store.connection import open_database
from tests.domain.samples import FAILED, PRESET, REQUESTED
from tests.projections.conftest import Desk, rows
from tests.projections.test_queries import plans_of

pytestmark = pytest.mark.quick

EVERY = Span()
ROBOT = msgspec.structs.replace(REQUESTED, prompt="A Blue robot, naïve style", resolved_prompt="", negative_prompt="")


@pytest.fixture
def runner(desk: Desk) -> Iterator[Runner]:
    """Positions: 1 a robot, 2 a car, 3 a failure, 4 a rating, 5 tags, 6 the queue, 7 a setting, 8 notes on a preset."""
    opened = desk.open()
    for event in (NewEvent("generation-a", ROBOT), NewEvent("generation-b", REQUESTED)):
        desk.tell(opened, event)
    desk.tell(opened, NewEvent("generation-a", FAILED), actor="desk")
    desk.tell(opened, NewEvent("image-a", ImageRated(4)), actor="api:tool")
    desk.tell(opened, NewEvent("image-a", ImageTagged(source="user", tags=("night sky", "sea"))))
    desk.tell(opened, NewEvent("queue", QueuePaused()), actor="assistant")
    desk.tell(opened, NewEvent("settings", SettingChanged(key="live_previews", source="page", old="1", new="2")))
    desk.tell(opened, NewEvent("image_preset-toy", ImagePresetEdited(content=PRESET, notes="for robots")))
    yield opened
    opened.close()


@pytest.fixture
def db(runner: Runner) -> Iterator[apsw.Connection]:
    connection = open_database(runner.path, "read-reader")
    yield connection
    connection.close()


def lane_ids(db: apsw.Connection, wanted: Wanted) -> list[int]:
    return [lane.id for lane in timeline.lanes(db) if wanted.takes(lane)]


def listed(
    db: apsw.Connection, wanted: Wanted, span: Span = EVERY, limit: int = 50, *, oldest_first: bool = False
) -> list[int]:
    ids = lane_ids(db, wanted)
    if wanted.words:
        return timeline.found(db, wanted, ids, span, limit, oldest_first=oldest_first)
    return timeline.in_lanes(db, ids, span, limit, oldest_first=oldest_first)


@pytest.mark.parametrize(
    ("wanted", "positions"),
    [
        (Wanted(kinds=("image",)), [5, 4]),
        (Wanted(kinds=("image", "preset")), [8, 5, 4]),
        (Wanted(actors=("desk",)), [3]),
        (Wanted(actors=("api",)), [4]),
        (Wanted(actors=("api:tool", "assistant")), [6, 4]),
        (Wanted(actors=("api:to",)), []),
        (Wanted(types=("GenerationRequested",)), [2, 1]),
        (Wanted(kinds=("generation",), actors=("user",)), [2, 1]),
        (Wanted(kinds=("queue",), actors=("user",)), []),
    ],
)
def test_kinds_types_and_actors_narrow_it(db: apsw.Connection, wanted: Wanted, positions: list[int]) -> None:
    assert listed(db, wanted) == positions


@pytest.mark.parametrize(
    ("wanted", "positions"),
    [
        (Wanted(words="robot"), [8, 1]),
        (Wanted(words="BLUE naive"), [1]),
        (Wanted(words="blue car"), []),
        (Wanted(words="nig"), [5]),
        (Wanted(words="nig sky"), []),
        (Wanted(words="a"), [2, 1]),
        (Wanted(words="n"), []),
        (Wanted(words="toy"), [8, 2, 1]),
        (Wanted(words="damaged"), [3]),
        (Wanted(words="live previews"), [7]),
        (Wanted(words="robot", kinds=("generation",)), [1]),
        (Wanted(words="robot", stream="image_preset-toy"), [8]),
        (Wanted(words="robot", actors=("desk",)), []),
        (Wanted(words="— robot !"), [8, 1]),
        (Wanted(words='"'), []),
        (Wanted(words="robot* OR car"), []),
    ],
)
def test_words_are_found_wherever_they_were_said(db: apsw.Connection, wanted: Wanted, positions: list[int]) -> None:
    assert listed(db, wanted) == positions


@pytest.mark.parametrize("wanted", [Wanted(kinds=("generation", "image")), Wanted(words="toy")])
def test_a_span_is_read_from_either_end(db: apsw.Connection, wanted: Wanted) -> None:
    every = listed(db, wanted)
    assert listed(db, wanted, Span(every[-1], every[0])) == every[1:-1]
    assert listed(db, wanted, limit=2) == every[:2]
    assert listed(db, wanted, limit=2, oldest_first=True) == every[::-1][:2]


def test_how_many_there_are_between_two_positions_is_known_at_once(desk: Desk, runner: Runner) -> None:
    for n in range(20):
        desk.tell(runner, NewEvent("image-a", ImageRated(n % 5)), NewEvent("image-b", ImageTrashed()))
    db = open_database(runner.path, "read-reader")
    for lane in timeline.lanes(db):
        every = timeline.in_lanes(db, [lane.id], Span(), 100)
        for after in range(0, 50, 7):
            for before in range(after + 1, 60, 5):
                expected = sum(after < position < before for position in every)
                assert timeline.count(db, lane.id, Span(after, before)) == expected
    db.close()


def test_what_was_forgotten_is_found_no_more_and_nothing_of_it_is_left(desk: Desk, runner: Runner) -> None:
    desk.tell(runner, NewEvent("log", DataForgotten((1, 5))))
    db = open_database(runner.path, "read-reader")
    assert listed(db, Wanted(words="blue")) == []
    assert listed(db, Wanted(words="robot")) == [8]
    blocks = b"".join(block for (block,) in db.execute("select block from search_data"))
    db.close()
    assert b"naive" not in blocks
    assert {"blue", "naive", "night", "sea"}.isdisjoint(row[0] for row in rows(runner.path)["search"])


def test_a_rebuild_forgets_too(desk: Desk, runner: Runner) -> None:
    desk.tell(runner, NewEvent("log", DataForgotten((1,))))
    live = rows(runner.path)
    runner.close()
    runner.path.unlink()
    desk.open().close()
    assert rows(runner.path) == live


def test_what_an_event_caused_is_known(db: apsw.Connection) -> None:
    assert timeline.effects(db, 3, 10) == [4]
    assert timeline.effects(db, 99, 10) == []


def test_kinds_are_called_as_people_call_them() -> None:
    assert [kind_of(stream) for stream in ("image_preset-a-b", "queue", "library-1")] == ["preset", "queue", "library"]


FEW = ("SCAN lane",)
"""As many rows as there are pairs of a type and an actor."""
QUERIES: dict[str, Callable[[apsw.Connection], object]] = {
    "lanes, newest first": lambda db: timeline.in_lanes(db, [1, 2], Span(3, 9), 5),
    "lanes, oldest first": lambda db: timeline.in_lanes(db, [1], Span(3, 9), 5, oldest_first=True),
    "a count": lambda db: timeline.count(db, 1, Span(3, 9)),
    "effects": lambda db: timeline.effects(db, 1, 5),
    "all lanes": timeline.lanes,
}


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_scans_or_sorts(db: apsw.Connection, name: str) -> None:
    plan = plans_of(db, QUERIES[name])
    assert all(step.startswith("SEARCH") or step in FEW for step in plan), plan


@pytest.mark.parametrize("oldest_first", [True, False])
def test_words_are_looked_up_in_the_index_in_its_own_order(db: apsw.Connection, oldest_first: bool) -> None:
    wanted = Wanted(words="robot", kinds=("generation",), stream="generation-a")
    plan = plans_of(db, lambda db: timeline.found(db, wanted, [1], Span(0, 9), 5, oldest_first=oldest_first))
    assert all("VIRTUAL TABLE INDEX" in step for step in plan), plan
