"""The rules of one worker's story. The supervisor tells it, so nothing is refused: old news adds nothing."""

from collections.abc import Sequence
from typing import Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.decider import Decider
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


class Worker(Struct, frozen=True, kw_only=True):
    """`pid` is that of the process that plays it now, or played it last. `model` is the preset whose model it has, and
    what is in the files of that.
    """

    state: Literal["down", "starting", "ready", "quarantined"] = "down"
    pid: int | None = None
    model: tuple[str, str] | None = None


class RecordWorker(Struct, frozen=True):
    """What the supervisor saw."""

    event: WorkerEvent


WorkerCommand = RecordWorker


def evolve(state: Worker, event: WorkerEvent) -> Worker:
    match event:
        case WorkerStarted():
            return Worker(state="starting", pid=event.pid)
        case WorkerReady():
            return replace(state, state="ready")
        case ModelLoaded():
            return replace(state, model=_model(event))
        case ModelUnloaded():
            return replace(state, model=None)
        case WorkerStopped() | WorkerLost():
            return replace(state, state="down", model=None)
        case WorkerQuarantined():
            return replace(state, state="quarantined", model=None)
        case _:
            assert_never(event)


def decide(state: Worker, command: WorkerCommand) -> Sequence[WorkerEvent]:
    event = command.event
    match event:
        case WorkerStarted():
            news = state.pid != event.pid or state.state == "down"
        case WorkerReady():
            news = state.pid == event.pid and state.state == "starting"
        case ModelLoaded():
            news = state.pid == event.pid and state.model != _model(event)
        case ModelUnloaded():
            news = state.pid == event.pid and state.model is not None
        case WorkerStopped() | WorkerLost():
            news = state.pid == event.pid and state.state in ("starting", "ready")
        case WorkerQuarantined():
            news = state.state != "quarantined"
        case _:
            assert_never(event)
    return [event] if news else []


def _model(event: ModelLoaded) -> tuple[str, str]:
    return event.preset_id, event.signature


worker = Decider[Worker, WorkerCommand, WorkerEvent](Worker(), evolve, decide)
