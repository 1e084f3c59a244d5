"""The rules of one generation."""

from collections.abc import Sequence
from typing import Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.decider import Decider
from ddesk.domain.interruption import comes_back, losses_after
from ddesk.errors import Conflict, NotFound
from ddesk.events.generation import (
    GenerationCancelled,
    GenerationCompleted,
    GenerationEvent,
    GenerationFailed,
    GenerationInterrupted,
    GenerationReprioritized,
    GenerationRequested,
    GenerationRetried,
    GenerationStarted,
    ImageGenerated,
    Recipe,
)

Status = Literal["absent", "queued", "running", "completed", "failed", "cancelled", "interrupted"]

CONSERVATIVE = ("vae_tiling",)
"""What the one retry after a blank picture or a lack of memory does differently."""

_WORTH_A_CONSERVATIVE_RETRY = frozenset({"blank_image", "out_of_memory"})
_ENDED_FOR_GOOD = ("completed", "failed", "cancelled")


class Generation(Struct, frozen=True, kw_only=True):
    """`losses` counts the interruptions since a person last asked; `made` holds the pictures' ids in their order."""

    status: Status = "absent"
    request: GenerationRequested | None = None
    made: tuple[str, ...] = ()
    attempts: int = 0
    losses: int = 0
    mitigations: tuple[str, ...] = ()

    @property
    def recipe(self) -> Recipe:
        if self.request is None:
            raise NotFound("no_such_generation", "There is no such generation.", "Look at the list of generations.")
        return self.request.recipe


class RequestGeneration(Struct, frozen=True):
    request: GenerationRequested


class PrioritizeGeneration(Struct, frozen=True):
    """To the front of the queue."""


class StartGeneration(Struct, frozen=True, kw_only=True):
    worker: str
    engine: str
    engine_version: str
    backend: str


class RecordImage(Struct, frozen=True):
    image: ImageGenerated


class CompleteGeneration(Struct, frozen=True):
    seconds: float


class FailGeneration(Struct, frozen=True, kw_only=True):
    code: str
    words: str
    detail: str = ""


class CancelGeneration(Struct, frozen=True):
    pass


class InterruptGeneration(Struct, frozen=True, kw_only=True):
    """The desk or the worker died under it; `why` is `desk_closed` where a person closed the desk."""

    why: str
    words: str


class RetryGeneration(Struct, frozen=True):
    """A person wants it tried again."""


GenerationCommand = (
    RequestGeneration
    | PrioritizeGeneration
    | StartGeneration
    | RecordImage
    | CompleteGeneration
    | FailGeneration
    | CancelGeneration
    | InterruptGeneration
    | RetryGeneration
)


def evolve(state: Generation, event: GenerationEvent) -> Generation:
    match event:
        case GenerationRequested():
            return replace(state, status="queued", request=event)
        case GenerationReprioritized():
            return state
        case GenerationStarted():
            return replace(state, status="running", attempts=event.attempt)
        case GenerationRetried():
            losses = 0 if event.why == "asked" else state.losses
            return replace(state, status="queued", mitigations=event.mitigations, losses=losses)
        case ImageGenerated():
            return replace(state, made=(*state.made, event.image_id))
        case GenerationCompleted():
            return replace(state, status="completed")
        case GenerationFailed():
            return replace(state, status="failed")
        case GenerationCancelled():
            return replace(state, status="cancelled")
        case GenerationInterrupted():
            return replace(state, status="interrupted", losses=losses_after(state.losses, event.why))
        case _:
            assert_never(event)


def decide(state: Generation, command: GenerationCommand) -> Sequence[GenerationEvent]:
    if isinstance(command, RequestGeneration):
        return [command.request] if state.status == "absent" else []
    _ = state.recipe
    match command:
        case PrioritizeGeneration():
            return _prioritize(state)
        case StartGeneration():
            return _start(state, command)
        case RecordImage():
            expected = state.status == "running" and command.image.index == len(state.made)
            return [command.image] if expected else []
        case CompleteGeneration():
            return [GenerationCompleted(command.seconds)] if state.status == "running" else []
        case FailGeneration():
            return _fail(state, command)
        case CancelGeneration():
            return _cancel(state)
        case InterruptGeneration():
            return _interrupt(state, command)
        case RetryGeneration():
            return _retry(state)
        case _:
            assert_never(command)


def _prioritize(state: Generation) -> Sequence[GenerationEvent]:
    if state.status != "queued":
        raise Conflict(
            "not_waiting", f"This generation is {state.status}, so it has no place in the queue.", "Nothing to do."
        )
    return [GenerationReprioritized("front")]


def _start(state: Generation, command: StartGeneration) -> Sequence[GenerationEvent]:
    if state.status != "queued":
        return []
    return [
        GenerationStarted(
            worker=command.worker,
            engine=command.engine,
            engine_version=command.engine_version,
            backend=command.backend,
            attempt=state.attempts + 1,
            index=len(state.made),
            mitigations=state.mitigations,
        )
    ]


def _fail(state: Generation, command: FailGeneration) -> Sequence[GenerationEvent]:
    if state.status not in ("running", "queued"):
        return []
    if state.status == "running" and command.code in _WORTH_A_CONSERVATIVE_RETRY and not state.mitigations:
        return [GenerationRetried(why="conservative", mitigations=CONSERVATIVE)]
    return [GenerationFailed(code=command.code, words=command.words, detail=command.detail)]


def _cancel(state: Generation) -> Sequence[GenerationEvent]:
    if state.status == "cancelled":
        return []
    if state.status in _ENDED_FOR_GOOD:
        raise Conflict(
            "already_ended", f"This generation is {state.status}: there is nothing left to cancel.", "Nothing to do."
        )
    return [GenerationCancelled()]


def _interrupt(state: Generation, command: InterruptGeneration) -> Sequence[GenerationEvent]:
    if state.status != "running":
        return []
    interrupted = GenerationInterrupted(why=command.why, words=command.words)
    if comes_back(losses_after(state.losses, command.why)):
        return [interrupted, GenerationRetried(why="interrupted", mitigations=state.mitigations)]
    return [interrupted]


def _retry(state: Generation) -> Sequence[GenerationEvent]:
    if state.status in ("queued", "running"):
        return []
    if state.status == "completed":
        raise Conflict("already_completed", "This generation is complete.", "Request it anew to make it again.")
    return [GenerationRetried(why="asked")]


generation = Decider[Generation, GenerationCommand, GenerationEvent](Generation(), evolve, decide)
