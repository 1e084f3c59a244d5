import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddesk.domain.queue import ClearQueue, PauseQueue, ReorderQueue, ResumeQueue, Waiting, queue, reordered
from ddesk.errors import Conflict
from ddesk.events.generation import GenerationReprioritized, GenerationRetried
from ddesk.events.queue import QueueCleared, QueueEvent, QueuePaused, QueueReordered, QueueResumed
from tests.domain.given import Given
from tests.domain.samples import CANCELLED, FAILED, REQUESTED, started

pytestmark = pytest.mark.quick


def after(*events: QueueEvent) -> Given:
    return Given(queue, *events)


def test_it_is_paused_and_resumed_once() -> None:
    assert after().when(PauseQueue()) == [QueuePaused()]
    assert after(QueuePaused()).when(PauseQueue()) == []
    assert after(QueuePaused()).when(ResumeQueue()) == [QueueResumed()]
    assert after().when(ResumeQueue()) == []


def test_clearing_names_what_was_cancelled_and_an_empty_queue_is_clear_already() -> None:
    assert after().when(ClearQueue(("a", "b"))) == [QueueCleared(("a", "b"))]
    assert after().when(ClearQueue(())) == []


def test_what_was_cleared_and_is_wanted_again_is_cleared_again() -> None:
    assert after(QueueCleared(("a",))).when(ClearQueue(("a",))) == [QueueCleared(("a",))]


def test_a_new_order_is_recorded_and_the_present_one_is_not() -> None:
    assert after().when(ReorderQueue(wanted=("b", "a"), waiting=("a", "b", "c"))) == [
        QueueReordered(("b", "a"), before=("a", "b"))
    ]
    assert after().when(ReorderQueue(wanted=("a", "c"), waiting=("a", "b", "c"))) == []


def test_what_no_longer_waits_can_not_be_put_in_order() -> None:
    with pytest.raises(Conflict) as refused:
        after().when(ReorderQueue(wanted=("a", "gone"), waiting=("a",)))
    assert refused.value.code == "not_waiting"


def test_a_generation_is_named_once() -> None:
    with pytest.raises(Conflict):
        after().when(ReorderQueue(wanted=("a", "a"), waiting=("a", "b")))


def waiting_of(*ids: str) -> Waiting:
    waiting = Waiting()
    for position, id_ in enumerate(ids, 1):
        waiting.apply(id_, position, REQUESTED)
    return waiting


def test_the_first_asked_for_is_the_first_made() -> None:
    assert waiting_of("a", "b", "c").order == ("a", "b", "c")


def test_the_newest_at_the_front_is_the_first_of_all() -> None:
    waiting = waiting_of("a", "b", "c")
    waiting.apply("b", 4, GenerationReprioritized("front"))
    waiting.apply("c", 5, GenerationReprioritized("front"))
    assert waiting.order == ("c", "b", "a")


def test_what_is_retried_comes_to_the_front() -> None:
    waiting = waiting_of("a", "b")
    waiting.apply("a", 3, started())
    assert waiting.first == "b"
    waiting.apply("a", 4, GenerationRetried(why="interrupted"))
    assert waiting.order == ("a", "b")


@pytest.mark.parametrize("end", [CANCELLED, FAILED, started()])
def test_what_was_started_cancelled_or_failed_waits_no_more(end: object) -> None:
    waiting = waiting_of("a", "b")
    waiting.apply("a", 3, end)  # type: ignore[arg-type]
    assert waiting.order == ("b",)


def test_pausing_is_remembered() -> None:
    waiting = Waiting()
    waiting.apply("", 1, QueuePaused())
    assert waiting.paused
    waiting.apply("", 2, QueueResumed())
    assert not waiting.paused


@given(st.permutations(["a", "b", "c", "d"]), st.sets(st.sampled_from(["a", "b", "c", "d"]), min_size=1))
def test_reordering_some_leaves_the_others_where_they_are(order: list[str], named: set[str]) -> None:
    ranks = {id_: rank for rank, id_ in enumerate(order)}
    wanted = sorted(named)
    changed = ranks | reordered(wanted, ranks)
    now = sorted(changed, key=changed.__getitem__)
    assert [id_ for id_ in now if id_ in named] == wanted
    assert all(now[place] == id_ for place, id_ in enumerate(order) if id_ not in named)
