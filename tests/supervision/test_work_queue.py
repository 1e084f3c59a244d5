import pytest

from ddesk.protocol.messages import Work
from ddesk.supervision.work_queue import WorkQueue
from tests.supervised import load, picture

pytestmark = pytest.mark.quick


def holding(*works: Work) -> WorkQueue:
    queue = WorkQueue()
    for work in works:
        queue.put(work)
    return queue


def test_one_piece_is_handed_out_at_a_time_in_order() -> None:
    queue = holding(load(), picture())
    assert queue.hand_out() == load()
    assert queue.hand_out() is None
    queue.settle()
    assert queue.hand_out() == picture()


def test_only_waiting_work_can_be_withdrawn() -> None:
    queue = holding(load(), picture())
    queue.hand_out()
    assert not queue.withdraw("load")
    assert queue.withdraw("picture")
    assert not queue.withdraw("picture")
    queue.settle()
    assert queue.hand_out() is None


def test_a_lost_process_takes_what_it_had_in_hand_along_and_nothing_else() -> None:
    queue = holding(load(), picture())
    queue.hand_out()
    assert queue.lose() == "load"
    assert queue.lose() is None
    assert queue.hand_out() == picture()
