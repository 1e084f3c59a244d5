"""The rules of one background job."""

from collections.abc import Sequence
from typing import Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.decider import Decider
from ddesk.domain.interruption import comes_back, losses_after
from ddesk.errors import Conflict, NotFound
from ddesk.events.job import (
    JobAdvanced,
    JobCancelled,
    JobCompleted,
    JobEnqueued,
    JobEvent,
    JobFailed,
    JobInterrupted,
    JobRetried,
    JobStarted,
)

Status = Literal["absent", "queued", "running", "completed", "failed", "cancelled", "interrupted"]


class Job(Struct, frozen=True, kw_only=True):
    """`done` counts its subjects that are dealt with, `losses` the interruptions since a person last asked."""

    status: Status = "absent"
    request: JobEnqueued | None = None
    done: int = 0
    attempts: int = 0
    losses: int = 0


class EnqueueJob(Struct, frozen=True):
    request: JobEnqueued


class StartJob(Struct, frozen=True):
    pass


class AdvanceJob(Struct, frozen=True):
    """So many of its subjects are done now."""

    done: int


class CompleteJob(Struct, frozen=True):
    seconds: float


class FailJob(Struct, frozen=True, kw_only=True):
    code: str
    words: str
    detail: str = ""


class CancelJob(Struct, frozen=True):
    pass


class InterruptJob(Struct, frozen=True, kw_only=True):
    """The desk or the worker died under it; `why` is `desk_closed` where a person closed the desk."""

    why: str
    words: str


class RetryJob(Struct, frozen=True):
    """A person wants it tried again, or takes back that it was cancelled."""

    why: Literal["asked", "undone"] = "asked"


JobCommand = EnqueueJob | StartJob | AdvanceJob | CompleteJob | FailJob | CancelJob | InterruptJob | RetryJob


def evolve(state: Job, event: JobEvent) -> Job:
    match event:
        case JobEnqueued():
            return replace(state, status="queued", request=event)
        case JobStarted():
            return replace(state, status="running", attempts=event.attempt)
        case JobAdvanced():
            return replace(state, done=event.done)
        case JobCompleted():
            return replace(state, status="completed")
        case JobFailed():
            return replace(state, status="failed")
        case JobCancelled():
            return replace(state, status="cancelled")
        case JobInterrupted():
            return replace(state, status="interrupted", losses=losses_after(state.losses, event.why))
        case JobRetried():
            return replace(state, status="queued", losses=0 if event.why == "asked" else state.losses)
        case _:
            assert_never(event)


def decide(state: Job, command: JobCommand) -> Sequence[JobEvent]:
    if isinstance(command, EnqueueJob):
        return [command.request] if state.status == "absent" else []
    if state.status == "absent":
        raise NotFound("no_such_job", "There is no such job.", "Look at the list of jobs.")
    match command:
        case StartJob():
            return [JobStarted(state.attempts + 1)] if state.status == "queued" else []
        case AdvanceJob():
            return [JobAdvanced(command.done)] if state.status == "running" and command.done > state.done else []
        case CompleteJob():
            return [JobCompleted(command.seconds)] if state.status == "running" else []
        case FailJob():
            failed = JobFailed(code=command.code, words=command.words, detail=command.detail)
            return [failed] if state.status in ("queued", "running") else []
        case CancelJob():
            return _cancel(state)
        case InterruptJob():
            return _interrupt(state, command)
        case RetryJob():
            return _retry(state, command)
        case _:
            assert_never(command)


def _cancel(state: Job) -> Sequence[JobEvent]:
    if state.status == "cancelled":
        return []
    if state.status in ("completed", "failed"):
        raise Conflict("already_ended", f"This job is {state.status}: nothing is left to cancel.", "Nothing to do.")
    return [JobCancelled()]


def _interrupt(state: Job, command: InterruptJob) -> Sequence[JobEvent]:
    if state.status != "running":
        return []
    interrupted = JobInterrupted(why=command.why, words=command.words)
    if comes_back(losses_after(state.losses, command.why)):
        return [interrupted, JobRetried("interrupted")]
    return [interrupted]


def _retry(state: Job, command: RetryJob) -> Sequence[JobEvent]:
    if state.status in ("queued", "running"):
        return []
    if state.status == "completed":
        raise Conflict("already_completed", "This job is complete.", "Nothing to do.")
    return [JobRetried(command.why)]


job = Decider[Job, JobCommand, JobEvent](Job(), evolve, decide)
