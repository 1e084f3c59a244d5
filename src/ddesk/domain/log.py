"""The rules of the log itself: what of it is forgotten."""

from collections.abc import Sequence
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.decider import Decider
from ddesk.events.log import DataForgotten, LogEvent, LogImported, LogRestored

MOST_POSITIONS = 1_000
"""In one event, so that none grows without bound."""


class Log(Struct, frozen=True):
    """`forgotten` are the positions whose private parts are gone."""

    forgotten: frozenset[int] = frozenset()


class Forget(Struct, frozen=True):
    positions: tuple[int, ...]


def evolve(state: Log, event: LogEvent) -> Log:
    match event:
        case DataForgotten(positions=positions):
            return replace(state, forgotten=state.forgotten.union(positions))
        case LogRestored() | LogImported():
            return state
        case _:
            assert_never(event)


def decide(state: Log, command: Forget) -> Sequence[LogEvent]:
    return forgetting([position for position in command.positions if position not in state.forgotten])


def forgetting(positions: Sequence[int]) -> list[LogEvent]:
    """The events that name them, in as many as it takes."""
    starts = range(0, len(positions), MOST_POSITIONS)
    return [DataForgotten(tuple(positions[start : start + MOST_POSITIONS])) for start in starts]


log = Decider[Log, Forget, LogEvent](Log(), evolve, decide)
