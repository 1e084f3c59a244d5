import pytest

from ddesk.app.replay.findings import Broken, OfType, Stories, findings
from ddesk.app.replay.stops import Stop
from ddesk.events.codec import AnyEvent, UnknownEvent
from ddesk.events.envelope import Recorded
from tests.domain.samples import FAILED, REQUESTED, added, started

pytestmark = pytest.mark.quick


def recorded(position: int, stream: str, event: AnyEvent) -> Recorded:
    kind = event.type if isinstance(event, UnknownEvent) else type(event).__name__
    return Recorded(position, stream, position, kind, 1, 0, b"", "c", None, "r", "user", event)


def stories(*events: Recorded) -> Stories:
    told = Stories()
    for each in events:
        told.take_in(each)
    return told


def test_events_are_counted_by_type_over_their_schema_versions() -> None:
    found = findings([("GenerationStarted", 1, 3), ("GenerationStarted", 2, 4), ("QueuePaused", 1, 1)])
    assert found.counts == {"GenerationStarted": 7, "QueuePaused": 1}
    assert found.upcast == (OfType("GenerationStarted", 1, 3),)
    assert found.unknown == ()


def test_types_and_versions_that_are_newer_than_the_program_are_told() -> None:
    found = findings([("CatFed", 1, 2), ("QueuePaused", 9, 1)])
    assert found.unknown == (OfType("CatFed", 1, 2), OfType("QueuePaused", 9, 1))


def test_a_story_that_follows_its_rules_is_whole() -> None:
    assert not stories(recorded(1, "generation-a", REQUESTED), recorded(2, "generation-a", started())).broken


def test_a_story_is_broken_at_the_first_event_that_its_rules_throw_at() -> None:
    history: tuple[AnyEvent, ...] = (REQUESTED, added("a"), added("a"))
    told = stories(*(recorded(n, "generation-a", event) for n, event in enumerate(history, 1)))
    assert told.broken == {"generation-a": Broken("generation-a", 2, "AssertionError at ImageAdded")}


def test_what_a_later_version_wrote_and_streams_without_rules_break_nothing() -> None:
    unknown = UnknownEvent("CatFed", 1, "{}")
    assert not stories(recorded(1, "generation-a", unknown), recorded(2, "cat-a", REQUESTED)).broken


@pytest.mark.parametrize(
    ("stop", "met"),
    [
        (Stop(failure=True), True),
        (Stop(type="GenerationFailed"), True),
        (Stop(type="ImageAdded"), False),
        (Stop(stream="generation-a", failure=True), True),
        (Stop(stream="generation-b", failure=True), False),
        (Stop(position=7), True),
        (Stop(position=6), True),
        (Stop(position=8), False),
    ],
)
def test_a_walk_stops_where_all_holds_that_was_asked_for(stop: Stop, met: bool) -> None:
    assert stop.is_met(recorded(7, "generation-a", FAILED), stalled=False) is met


def test_a_projection_that_gives_up_is_a_failure_too() -> None:
    assert Stop(failure=True).is_met(recorded(1, "generation-a", REQUESTED), stalled=True)
    assert not Stop(failure=True).is_met(recorded(1, "generation-a", REQUESTED), stalled=False)
