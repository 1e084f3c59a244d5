import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddesk.protocol.messages import Preview
from workers.wire import Cancels, PreviewGate

pytestmark = pytest.mark.quick


def preview(step: int) -> tuple[Preview, bytes]:
    return Preview(work_id="1", step=step, width=8, height=8), bytes([step % 256])


def test_the_first_preview_passes_at_once() -> None:
    assert PreviewGate().offer(*preview(1)) == preview(1)


def test_of_the_previews_that_wait_the_newest_passes() -> None:
    gate = PreviewGate()
    gate.offer(*preview(1))
    assert gate.offer(*preview(2)) is None
    assert gate.offer(*preview(3)) is None
    assert gate.seen() == preview(3)
    assert gate.seen() is None


def test_once_all_are_seen_the_next_passes_at_once() -> None:
    gate = PreviewGate()
    gate.offer(*preview(1))
    gate.seen()
    assert gate.offer(*preview(2)) == preview(2)


@given(st.lists(st.booleans(), max_size=60))
def test_there_is_never_more_than_one_under_way_and_none_passes_twice(is_offer: list[bool]) -> None:
    gate, under_way, passed = PreviewGate(), 0, []
    for step, offered in enumerate(is_offer):
        if not offered:
            under_way = 0
        released = gate.offer(*preview(step)) if offered else gate.seen()
        if released is not None:
            under_way += 1
            passed.append(released[0].step)
        assert under_way <= 1
    assert passed == sorted(set(passed))


def test_a_cancel_stops_the_work_that_runs() -> None:
    cancels = Cancels()
    cancels.begin("1")
    assert not cancels.is_asked("1")
    cancels.ask("1")
    assert cancels.is_asked("1")


def test_a_cancel_that_comes_before_its_work_stops_it_too() -> None:
    cancels = Cancels()
    cancels.ask("1")
    cancels.begin("1")
    assert cancels.is_asked("1")


def test_a_cancel_that_comes_after_its_work_leaves_a_second_try_alone() -> None:
    cancels = Cancels()
    cancels.begin("1")
    cancels.end("1")
    cancels.ask("1")
    cancels.begin("1")
    assert not cancels.is_asked("1")


def test_a_cancel_that_was_obeyed_leaves_a_second_try_alone() -> None:
    cancels = Cancels()
    cancels.begin("1")
    cancels.ask("1")
    cancels.end("1")
    cancels.begin("1")
    assert not cancels.is_asked("1")


def test_a_second_try_can_be_cancelled_too() -> None:
    cancels = Cancels()
    for _ in range(2):
        cancels.begin("1")
        cancels.ask("1")
        assert cancels.is_asked("1")
        cancels.end("1")
