"""The rules of one background job."""

from collections.abc import Sequence
from typing import Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.decider import Decider
from ddesk.domain.interruption import comes_back, losses_after
from ddesk.errors import Conflict, NotFound
from ddesk.events.job import (
    JobCancelled,
    JobCompleted,
    JobEnqueued,
    JobEvent,
    JobFailed,
    JobInterrupted,
    JobKind,
    JobRetried,
    JobStarted,
)

Status = Literal["absent", "queued", "running", "completed", "failed", "cancelled", "interrupted"]


class Job(Struct, frozen=True, kw_only=True):
    """`losses` counts the interruptions since a person last asked."""

    status: Status = "absent"
    kind: JobKind | None = None
    subject: str = ""
    attempts: int = 0
    losses: int = 0


class EnqueueJob(Struct, frozen=True, kw_only=True):
    kind: JobKind
    subject: str


class StartJob(Struct, frozen=True):
    pass


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
    """A person wants it tried again."""


JobCommand = EnqueueJob | StartJob | CompleteJob | FailJob | CancelJob | InterruptJob | RetryJob


def evolve(state: Job, event: JobEvent) -> Job:
    match event:
        case JobEnqueued():
            return replace(state, status="queued", kind=event.kind, subject=event.subject)
        case JobStarted():
            return replace(state, status="running", attempts=event.attempt)
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
        return [JobEnqueued(kind=command.kind, subject=command.subject)] if state.status == "absent" else []
    if state.status == "absent":
        raise NotFound("no_such_job", "There is no such job.", "Look at the list of jobs.")
    match command:
        case StartJob():
            return [JobStarted(state.attempts + 1)] if state.status == "queued" else []
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
            return _retry(state)
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


def _retry(state: Job) -> Sequence[JobEvent]:
    if state.status in ("queued", "running"):
        return []
    if state.status == "completed":
        raise Conflict("already_completed", "This job is complete.", "Nothing to do.")
    return [JobRetried("asked")]


job = Decider[Job, JobCommand, JobEvent](Job(), evolve, decide)
