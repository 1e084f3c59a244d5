import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ddesk.domain.worker import RecordWorker, worker
from ddesk.events.worker import (
    ModelLoaded,
    ModelUnloaded,
    WorkerEvent,
    WorkerLost,
    WorkerQuarantined,
    WorkerReady,
    WorkerStarted,
    WorkerStopped,
)
from tests.domain.given import Given

pytestmark = pytest.mark.quick


def of(pid: int) -> list[WorkerEvent]:
    return [
        WorkerStarted(pid=pid, restarts=0),
        WorkerReady(pid=pid, engine="toy", engine_version="1", backend="cpu", device="cpu"),
        ModelLoaded(pid=pid, preset_id="toy", seconds=0.1),
        ModelUnloaded(pid=pid, preset_id="toy", why="asked"),
        WorkerStopped(pid=pid, why="shutdown"),
        WorkerLost(pid=pid, cause="killed", words="It was killed."),
    ]


STARTED, READY, LOADED, UNLOADED, STOPPED, LOST = of(1)
QUARANTINED = WorkerQuarantined(losses=3, within_seconds=60.0)


def after(*events: WorkerEvent) -> Given:
    return Given(worker, *events)


def test_each_step_of_a_process_is_recorded_once() -> None:
    history: list[WorkerEvent] = []
    for event in (STARTED, READY, LOADED, UNLOADED, STOPPED):
        assert after(*history).when(RecordWorker(event)) == [event]
        history.append(event)
        assert after(*history).when(RecordWorker(event)) == []


def test_news_of_a_process_that_was_replaced_adds_nothing() -> None:
    assert after(STARTED, LOST, *of(2)[:2]).when(RecordWorker(LOST)) == []
    assert after(STARTED, LOST, *of(2)[:2]).when(RecordWorker(LOADED)) == []


def test_a_lost_one_is_down_and_has_no_model() -> None:
    state = after(STARTED, READY, LOADED, LOST).state
    assert (state.state, state.model) == ("down", None)


def test_a_model_of_the_same_preset_is_news_where_its_files_are_others() -> None:
    other = replace(LOADED, signature="diffusion:cd")
    assert after(STARTED, READY, LOADED).when(RecordWorker(other)) == [other]
    assert after(STARTED, READY, LOADED, other).when(RecordWorker(other)) == []


def test_quarantine_ends_with_the_next_start() -> None:
    assert after(STARTED, LOST, QUARANTINED).state.state == "quarantined"
    assert after(STARTED, LOST, QUARANTINED, of(2)[0]).state.state == "starting"


@given(st.lists(st.sampled_from([*of(1), *of(2), QUARANTINED]), max_size=20), st.sampled_from([*of(1), QUARANTINED]))
def test_any_news_on_any_history_adds_nothing_the_second_time(before: list[WorkerEvent], event: WorkerEvent) -> None:
    history: list[WorkerEvent] = []
    for each in [*before, event]:
        history += after(*history).when(RecordWorker(each))
    assert after(*history).when(RecordWorker(event)) == []
