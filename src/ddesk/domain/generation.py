"""The rules of one generation."""

from collections.abc import Sequence
from typing import Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.decider import Decider
from ddesk.domain.interruption import comes_back, losses_after
from ddesk.errors import Conflict, NotFound
from ddesk.events.generation import (
    Engine,
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

OUT_OF_MEMORY = "out_of_memory"
"""The code of a failure, and the cause of a worker's loss."""

_WORTH_A_CONSERVATIVE_RETRY = frozenset({"blank_image", OUT_OF_MEMORY})
_ENDED_FOR_GOOD = ("completed", "failed", "cancelled")


class Generation(Struct, frozen=True, kw_only=True):
    """`losses` counts the interruptions since a person last asked; `made` holds the pictures' ids in their order.

    `mitigations` and `memory_ran_out` are those of the attempt that runs or comes next.
    """

    status: Status = "absent"
    request: GenerationRequested | None = None
    made: tuple[str, ...] = ()
    attempts: int = 0
    losses: int = 0
    mitigations: tuple[str, ...] = ()
    memory_ran_out: bool = False

    @property
    def recipe(self) -> Recipe:
        if self.request is None:
            raise NotFound("no_such_generation", "There is no such generation.", "Look at the list of generations.")
        return self.request.recipe


class RequestGeneration(Struct, frozen=True):
    request: GenerationRequested


class PrioritizeGeneration(Struct, frozen=True):
    """To the front of the queue; `ahead` are those that stand before it now."""

    ahead: tuple[str, ...] | None = None


class StartGeneration(Struct, frozen=True, kw_only=True):
    worker: str
    engine: Engine


class RecordImage(Struct, frozen=True):
    image: ImageGenerated


class CompleteGeneration(Struct, frozen=True):
    seconds: float


class FailGeneration(Struct, frozen=True, kw_only=True):
    code: str
    words: str
    detail: str = ""


class CancelGeneration(Struct, frozen=True):
    """`ahead` are those that stand before it, where it waits."""

    ahead: tuple[str, ...] | None = None


class InterruptGeneration(Struct, frozen=True, kw_only=True):
    """The desk or the worker died under it; `why` is `desk_closed` where a person closed the desk."""

    why: str
    words: str


class RetryGeneration(Struct, frozen=True):
    """A person wants it tried again, or takes back that it was cancelled."""

    why: Literal["asked", "undone"] = "asked"


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
            ran_out = event.memory_ran_out
            return replace(state, status="queued", mitigations=event.mitigations, losses=losses, memory_ran_out=ran_out)
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
            return _prioritize(state, command)
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
            return _cancel(state, command)
        case InterruptGeneration():
            return _interrupt(state, command)
        case RetryGeneration():
            return _retry(state, command)
        case _:
            assert_never(command)


def _prioritize(state: Generation, command: PrioritizeGeneration) -> Sequence[GenerationEvent]:
    if state.status != "queued":
        raise Conflict(
            "not_waiting", f"This generation is {state.status}, so it has no place in the queue.", "Nothing to do."
        )
    return [GenerationReprioritized("front", command.ahead)]


def _start(state: Generation, command: StartGeneration) -> Sequence[GenerationEvent]:
    if state.status != "queued":
        return []
    return [
        GenerationStarted(
            worker=command.worker,
            engine=command.engine,
            attempt=state.attempts + 1,
            index=len(state.made),
            mitigations=state.mitigations,
        )
    ]


def _fail(state: Generation, command: FailGeneration) -> Sequence[GenerationEvent]:
    """What only an engine can report is no news of work that waits: it was reported, and answered by the retry."""
    engines_own = command.code in _WORTH_A_CONSERVATIVE_RETRY
    if state.status != "running" and (state.status != "queued" or engines_own):
        return []
    if retried := _retried_with_care(state, command.code):
        return [retried]
    return [GenerationFailed(code=command.code, words=command.words, detail=command.detail)]


def _cancel(state: Generation, command: CancelGeneration) -> Sequence[GenerationEvent]:
    if state.status == "cancelled":
        return []
    if state.status in _ENDED_FOR_GOOD:
        raise Conflict(
            "already_ended", f"This generation is {state.status}: there is nothing left to cancel.", "Nothing to do."
        )
    return [GenerationCancelled(command.ahead)]


def _interrupt(state: Generation, command: InterruptGeneration) -> Sequence[GenerationEvent]:
    if state.status != "running":
        return []
    interrupted = GenerationInterrupted(why=command.why, words=command.words)
    if command.why == OUT_OF_MEMORY:
        return _after_memory_ran_out(state, interrupted)
    if comes_back(losses_after(state.losses, command.why)):
        again = GenerationRetried(why="interrupted", mitigations=state.mitigations, memory_ran_out=state.memory_ran_out)
        return [interrupted, again]
    return [interrupted]


def _after_memory_ran_out(state: Generation, interrupted: GenerationInterrupted) -> Sequence[GenerationEvent]:
    """That its worker died of it is no accident which the next attempt may be spared: once with care, then no more."""
    if retried := _retried_with_care(state, OUT_OF_MEMORY):
        return [interrupted, retried]
    return [GenerationFailed(code=OUT_OF_MEMORY, words=interrupted.words)]


def _retried_with_care(state: Generation, code: str) -> GenerationRetried | None:
    """Once for a blank picture, and once where memory ran out."""
    if code == OUT_OF_MEMORY and not state.memory_ran_out:
        return GenerationRetried(why="conservative", mitigations=CONSERVATIVE, memory_ran_out=True)
    if code == "blank_image" and not state.mitigations:
        return GenerationRetried(why="conservative", mitigations=CONSERVATIVE)
    return None


def _retry(state: Generation, command: RetryGeneration) -> Sequence[GenerationEvent]:
    if state.status in ("queued", "running"):
        return []
    if state.status == "completed":
        raise Conflict("already_completed", "This generation is complete.", "Request it anew to make it again.")
    if command.why == "asked":
        return [GenerationRetried(why="asked")]
    return [GenerationRetried(why="undone", mitigations=state.mitigations, memory_ran_out=state.memory_ran_out)]


generation = Decider[Generation, GenerationCommand, GenerationEvent](Generation(), evolve, decide)
