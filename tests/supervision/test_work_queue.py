import pytest

from ddesk.protocol.messages import ImageMade, ModelLoadDone, ModelUnloadDone, UnloadModel, Work, WorkFailed
from ddesk.supervision.work_queue import RESTORED, WorkQueue
from tests.supervised import load, picture

pytestmark = pytest.mark.quick

LOADED = ModelLoadDone(work_id="load", preset_id="toy", seconds=0, weights_mb={})
FAILED = WorkFailed(work_id="load", code="bad_model_file", words="")
MADE = ImageMade(work_id="picture", seed=0, width=1, height=1, pixels_sha256="", seconds=0, peak_mb=0, buffers_mb={})


def holding(*works: Work) -> WorkQueue:
    queue = WorkQueue()
    for work in works:
        queue.put(work)
    return queue


def with_model() -> WorkQueue:
    queue = holding(load())
    queue.hand_out()
    queue.settle(LOADED)
    return queue


def restored(queue: WorkQueue) -> str | None:
    """The preset whose model a new process would load first."""
    queue.restore_model()
    work = queue.hand_out()
    return work.work_id.removeprefix(RESTORED) if work and work.work_id.startswith(RESTORED) else None


def test_one_piece_is_handed_out_at_a_time_in_order() -> None:
    queue = holding(load(), picture())
    assert queue.hand_out() == load()
    assert queue.hand_out() is None
    queue.settle(LOADED)
    assert queue.hand_out() == picture()


def test_only_waiting_work_can_be_withdrawn() -> None:
    queue = holding(load(), picture())
    queue.hand_out()
    assert not queue.withdraw("load")
    assert queue.withdraw("picture")
    assert not queue.withdraw("picture")
    queue.settle(LOADED)
    assert queue.hand_out() is None


def test_a_loaded_model_is_restored() -> None:
    assert restored(with_model()) == "toy"


def test_it_is_restored_after_each_further_loss_at_other_work() -> None:
    queue = with_model()
    queue.put(picture())
    queue.hand_out()
    assert queue.lose(on_purpose=False) == "picture"
    assert restored(queue) == "toy"


def test_without_a_model_nothing_is_restored() -> None:
    assert restored(WorkQueue()) is None


def test_a_model_that_failed_to_load_is_not_restored_and_neither_is_the_one_it_displaced() -> None:
    queue = with_model()
    queue.put(load(preset="other"))
    queue.hand_out()
    queue.settle(FAILED)
    assert restored(queue) is None


def test_an_unloaded_model_is_not_restored() -> None:
    queue = with_model()
    queue.put(UnloadModel(work_id="unload"))
    queue.hand_out()
    queue.settle(ModelUnloadDone(work_id="unload", preset_id="toy"))
    assert restored(queue) is None


def test_a_model_whose_restoring_ended_the_process_is_not_restored_again() -> None:
    queue = with_model()
    assert restored(queue) == "toy"
    assert queue.lose(on_purpose=False) is None  # it was no work of the desk's
    assert restored(queue) is None


def test_a_restoring_that_was_ended_on_purpose_is_tried_again() -> None:
    queue = with_model()
    assert restored(queue) == "toy"
    queue.lose(on_purpose=True)
    assert restored(queue) == "toy"


def test_a_model_whose_loading_ended_the_process_leaves_the_last_good_one_to_be_restored() -> None:
    queue = with_model()
    queue.put(load(preset="deadly", work_id="deadly"))
    queue.hand_out()
    assert queue.lose(on_purpose=False) == "deadly"
    assert restored(queue) == "toy"


def test_nothing_is_restored_where_another_model_is_loaded_next_anyhow() -> None:
    queue = with_model()
    queue.put(load(preset="other", work_id="other"))
    assert restored(queue) is None


def test_the_end_of_a_picture_leaves_the_model_as_it_is() -> None:
    queue = with_model()
    queue.put(picture())
    queue.hand_out()
    queue.settle(MADE)
    assert restored(queue) == "toy"
