"""The rules of the queue, and the order in which what waits is made."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.decider import Decider
from ddesk.errors import Conflict
from ddesk.events.codec import AnyEvent
from ddesk.events.generation import (
    GenerationCancelled,
    GenerationFailed,
    GenerationReprioritized,
    GenerationRequested,
    GenerationRetried,
    GenerationStarted,
    Placement,
)
from ddesk.events.queue import QueueCleared, QueueEvent, QueuePaused, QueueReordered, QueueResumed


class Queue(Struct, frozen=True):
    paused: bool = False


class PauseQueue(Struct, frozen=True):
    pass


class ResumeQueue(Struct, frozen=True):
    pass


class ClearQueue(Struct, frozen=True):
    """`waiting`: the generations that wait, all of which are to be cancelled; some may have been cleared before."""

    waiting: tuple[str, ...]


class ReorderQueue(Struct, frozen=True, kw_only=True):
    """Put `wanted` into each other's places; `waiting` is the order that holds now."""

    wanted: tuple[str, ...]
    waiting: tuple[str, ...]


QueueCommand = PauseQueue | ResumeQueue | ClearQueue | ReorderQueue


def evolve(state: Queue, event: QueueEvent) -> Queue:
    match event:
        case QueuePaused():
            return replace(state, paused=True)
        case QueueResumed():
            return replace(state, paused=False)
        case QueueCleared() | QueueReordered():
            return state
        case _:
            assert_never(event)


def decide(state: Queue, command: QueueCommand) -> Sequence[QueueEvent]:
    match command:
        case PauseQueue():
            return [] if state.paused else [QueuePaused()]
        case ResumeQueue():
            return [QueueResumed()] if state.paused else []
        case ClearQueue():
            return [QueueCleared(command.waiting)] if command.waiting else []
        case ReorderQueue():
            return _reorder(command)
        case _:
            assert_never(command)


def _reorder(command: ReorderQueue) -> Sequence[QueueEvent]:
    if strangers := set(command.wanted) - set(command.waiting):
        raise Conflict(
            "not_waiting",
            f"{len(strangers)} of these generations no longer wait: {', '.join(sorted(strangers)[:3])}.",
            "Read the queue again and order what is there.",
        )
    if len(set(command.wanted)) != len(command.wanted):
        raise Conflict("named_twice", "A generation is named twice in the new order.", "Name each one once.")
    named = set(command.wanted)
    now = tuple(id_ for id_ in command.waiting if id_ in named)
    return [] if now == command.wanted else [QueueReordered(command.wanted, now)]


queue = Decider[Queue, QueueCommand, QueueEvent](Queue(), evolve, decide)


def rank_of(placement: Placement, position: int) -> int:
    """Where an event at this position puts a generation: smaller is sooner. The newest at the front is the first."""
    return position if placement == "back" else -position


def reordered(wanted: Sequence[str], ranks: dict[str, int]) -> dict[str, int]:
    """The ranks that the named ones have, dealt out anew in the wanted order; the rest no longer wait."""
    present = [id_ for id_ in wanted if id_ in ranks]
    return dict(zip(present, sorted(ranks[id_] for id_ in present), strict=True))


class Waiting:
    """The generations that wait, in order, as the events have it. The dispatcher's own view, beside any read model."""

    def __init__(self, ranks: Iterable[tuple[str, int]] = (), *, paused: bool = False) -> None:
        self._ranks = dict(ranks)
        self.paused = paused

    @property
    def order(self) -> tuple[str, ...]:
        return tuple(sorted(self._ranks, key=self._ranks.__getitem__))

    @property
    def first(self) -> str | None:
        return min(self._ranks, key=self._ranks.__getitem__, default=None)

    def copy(self) -> "Waiting":
        return Waiting(self._ranks.items(), paused=self.paused)

    def ahead_of(self, id_: str) -> tuple[str, ...] | None:
        """Those that stand before this one, in order; None where it doesn't wait."""
        order = self.order
        return order[: order.index(id_)] if id_ in self._ranks else None

    def __len__(self) -> int:
        return len(self._ranks)

    def drop(self, id_: str) -> None:
        """It waits no more, as the log knows before its events have come here."""
        self._ranks.pop(id_, None)

    def apply(self, id_: str, position: int, event: AnyEvent) -> None:
        """Take in an event; `id_` is the generation's where the event is of one."""
        match event:
            case GenerationRequested() | GenerationReprioritized():
                self._ranks[id_] = rank_of(event.placement, position)
            case GenerationRetried():
                self._ranks[id_] = rank_of("front", position)
            case GenerationStarted() | GenerationCancelled() | GenerationFailed():
                self._ranks.pop(id_, None)
            case QueueReordered():
                self._ranks |= reordered(event.generation_ids, self._ranks)
            case QueuePaused():
                self.paused = True
            case QueueResumed():
                self.paused = False
            case _:
                pass
