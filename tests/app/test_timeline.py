"""Pages of the timeline: every event in one entry, none twice, whatever is appended meanwhile."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ddesk.app import timeline
from ddesk.app.searches import Sources
from ddesk.app.timeline import Entry
from ddesk.errors import Invalid
from ddesk.events import Event
from ddesk.events.envelope import NewEvent
from ddesk.events.image import ImageAdded, ImageRated, ImageTrashed
from ddesk.events.job import JobAdvanced
from ddesk.projections.runner import Runner
from ddesk.projections.timeline import Span, Wanted
from ddesk.store.connection import open_database
from ddesk.store.log_reader import LogReader
from tests.domain.samples import REQUESTED, added
from tests.projections.conftest import Desk

pytestmark = pytest.mark.quick


class Told:
    """A desk's log and read models, and what the timeline reads of them."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder)
        self.runner: Runner = self.desk.open()
        self.sources = Sources(LogReader.open(folder / "log.db"), open_database(self.runner.path, "read-reader"))

    def tell(self, *events: tuple[str, Event], actor: str = "user") -> None:
        self.desk.tell(self.runner, *(NewEvent(stream, event) for stream, event in events), actor=actor)

    def trash(self, count: int) -> None:
        job = ("job-j", JobAdvanced(count))
        self.tell(job, *((f"image-{n}", ImageTrashed()) for n in range(count)))

    def page(self, wanted: Wanted, span: Span, limit: int, *, oldest_first: bool = False) -> tuple[list[Entry], bool]:
        return timeline.page(self.sources, wanted, span, limit, oldest_first=oldest_first)

    def close(self) -> None:
        self.sources.close()
        self.runner.close()
        self.desk.log.close()


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    made = Told(tmp_path)
    yield made
    made.close()


EVERYTHING = Wanted()


def test_a_command_is_one_entry_however_many_events_it_has(told: Told) -> None:
    told.tell(("image-a", ImageRated(1)))
    told.trash(250)
    told.tell(("image-a", ImageRated(2)))
    entries, more = told.page(EVERYTHING, Span(), 50)
    assert [(each.lead.type, each.first, each.last) for each in entries] == [
        ("ImageRated", 253, 253),
        ("ImageTrashed", 2, 252),
        ("ImageRated", 1, 1),
    ]
    assert entries[1].types == {"ImageTrashed": 250, "JobAdvanced": 1}
    assert not more


@pytest.mark.parametrize(
    ("wanted", "counted"),
    [
        (Wanted(kinds=("image",)), {"ImageTrashed": 250}),
        (Wanted(kinds=("job",)), {"JobAdvanced": 1}),
        (Wanted(stream="image-7"), {"ImageTrashed": 1}),
    ],
)
def test_of_a_command_only_what_is_wanted_is_counted(told: Told, wanted: Wanted, counted: dict[str, int]) -> None:
    told.trash(250)
    (entry,), more = told.page(wanted, Span(), 50)
    assert (entry.types, more) == (counted, False)


def test_a_page_full_of_huge_commands_is_short_rather_than_slow_and_goes_on(told: Told) -> None:
    for _ in range(15):
        told.trash(120)
    found: list[Entry] = []
    span = Span()
    while True:
        entries, more = told.page(EVERYTHING, span, 50)
        found += entries
        if not more:
            break
        span = Span(0, entries[-1].first)
    assert [each.types["ImageTrashed"] for each in found] == [120] * 15


def test_of_a_type_that_nobody_knows_the_event_is_shown(told: Told) -> None:
    told.tell(("image-a", ImageRated(1)))
    db = apsw.Connection(str(told.desk.folder / "log.db"))
    db.execute("drop trigger event_is_final")
    db.execute("update event set type = 'LibraryItemAdded', stream = 'library-x' where position = 1")
    db.close()
    (entry,), _ = told.page(EVERYTHING, Span(), 5)
    assert (entry.lead.type, entry.types) == ("LibraryItemAdded", {"LibraryItemAdded": 1})


WISHES = [
    EVERYTHING,
    Wanted(kinds=("image",)),
    Wanted(actors=("desk",)),
    Wanted(kinds=("image", "generation"), actors=("user",)),
    Wanted(words="red car"),
    Wanted(words="red", actors=("desk",)),
    Wanted(stream="image-a"),
    Wanted(stream="image-a", actors=("desk",)),
]
STEPS: list[tuple[str, list[tuple[str, Event]]]] = [
    ("user", [("image-a", ImageRated(1))]),
    ("desk", [("image-a", ImageRated(2)), ("image-b", ImageRated(2))]),
    ("user", [("generation-g", REQUESTED)]),
    ("desk", [("generation-h", REQUESTED), ("image-a", added("g")), ("image-a", ImageTrashed())]),
]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=40),
    meanwhile=st.lists(st.sampled_from(STEPS), max_size=8),
    limit=st.integers(1, 7),
    wanted=st.sampled_from(WISHES),
)
def test_paging_to_the_end_loses_and_repeats_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, list[tuple[str, Event]]]],
    meanwhile: list[tuple[str, list[tuple[str, Event]]]],
    limit: int,
    wanted: Wanted,
) -> None:
    told = Told(tmp_path_factory.mktemp("told"))
    for actor, events in steps:
        told.tell(*events, actor=actor)
    expected = _positions(told, wanted)
    found: list[Entry] = []
    span, later = Span(), list(meanwhile)
    while True:
        entries, more = told.page(wanted, span, limit)
        found += entries
        if later:
            actor, events = later.pop()
            told.tell(*events, actor=actor)
        if not more:
            break
        span = Span(0, entries[-1].first)
    assert sorted(each.position for entry in found for each in entry.sample) == expected
    assert [entry.last for entry in found] == sorted((entry.last for entry in found), reverse=True)
    assert sum(sum(entry.types.values()) for entry in found) == len(expected)
    _goes_on_from(told, wanted, max(expected, default=0), limit)
    told.close()


def _goes_on_from(told: Told, wanted: Wanted, seen: int, limit: int) -> None:
    """What came meanwhile is read from where the newest was, oldest first, as completely."""
    newer: list[Entry] = []
    span = Span(seen)
    while True:
        entries, more = told.page(wanted, span, limit, oldest_first=True)
        newer += entries
        if not more:
            break
        span = Span(entries[-1].last)
    expected = [position for position in _positions(told, wanted) if position > seen]
    assert [each.position for entry in newer for each in entry.sample] == expected


def _positions(told: Told, wanted: Wanted) -> list[int]:
    """The same by going through the whole log."""
    return [
        each.position
        for each in told.desk.log.read()
        if (not wanted.kinds or each.stream.partition("-")[0] in wanted.kinds)
        and (not wanted.actors or each.actor in wanted.actors)
        and (wanted.stream in (None, each.stream))
        and (not wanted.words or each.event == REQUESTED)
    ]


def test_days_add_up_to_the_log_and_a_day_is_found_by_its_date(tmp_path: Path) -> None:
    told = Told(tmp_path)
    moment = datetime(2026, 3, 28, 22, tzinfo=UTC)
    told.desk.log._clock = lambda: int(moment.timestamp() * 1e6)
    for step in range(60):
        moment += timedelta(hours=5)
        told.tell(("image-a", ImageRated(step % 6)), actor="desk" if step % 3 else "user")
    days = timeline.days(told.sources, EVERYTHING, 1 << 62, 100)
    assert [each.day for each in days] == sorted({each.day for each in days}, reverse=True)
    assert sum(each.count for each in days) == 60
    assert (days[0].last, days[-1].first) == (60, 1)
    assert all(older.last == newer.first - 1 for newer, older in pairwise(days))
    by_user = timeline.days(told.sources, Wanted(actors=("user",)), 1 << 62, 100)
    assert sum(each.count for each in by_user) == 20
    for each in days:
        span = timeline.span_of(told.sources.reader, each.day.isoformat(), each.day.isoformat())
        assert (span.after + 1, span.before - 1) == (each.first, each.last)
    assert timeline.days(told.sources, EVERYTHING, days[2].last + 1, 1) == [days[2]]
    told.close()


def test_a_moment_bounds_to_the_event(told: Told) -> None:
    moments = iter(range(1_700_000_000_000_000, 1 << 62, 1_000_000))
    told.desk.log._clock = lambda: next(moments)
    for step in range(6):
        told.tell(("image-a", ImageRated(step)))
    span = timeline.span_of(told.sources.reader, "2023-11-14T22:13:22Z", "2023-11-14T22:13:23+00:00")
    assert span == Span(2, 5)


@pytest.mark.parametrize("wrong", ["yesterday", "2026-02-30", "2026-13-01T00:00:00", "9999-12-31"])
def test_what_is_no_date_is_refused(told: Told, wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        timeline.span_of(told.sources.reader, None, wrong)
    assert refused.value.code == "bad_date"


def test_a_sentence_gets_what_a_rating_replaced_and_the_picture_it_is_about(told: Told) -> None:
    told.tell(("generation-g", REQUESTED), ("image-a", added("g")))
    told.tell(("image-a", ImageRated(2)))
    told.tell(("image-a", ImageRated(5)))
    newest, older = (timeline.about(told.sources, entry) for entry in told.page(EVERYTHING, Span(), 2)[0])
    assert (newest.before, older.before) == (2, 0)
    assert (newest.prompt, newest.images, newest.thumbnails) == ("a red car", ["a"], [])
    assert isinstance(told.page(EVERYTHING, Span(0, 3), 1)[0][0].sample[-1].event, ImageAdded)
