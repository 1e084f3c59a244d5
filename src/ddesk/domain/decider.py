"""The shape that every stream kind's rules have."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Generic, TypeVar

State = TypeVar("State")
Command = TypeVar("Command")
Happened = TypeVar("Happened")


@dataclass(frozen=True)
class Decider(Generic[State, Command, Happened]):
    """`evolve` folds events into a state; `decide` says which events a command leads to, or raises a Refused.

    Repeating a command decides nothing more. Time, ids and random seeds arrive inside the command.
    """

    initial: State
    evolve: Callable[[State, Happened], State]
    decide: Callable[[State, Command], Sequence[Happened]]

    def fold(self, events: Iterable[Happened]) -> State:
        return reduce(self.evolve, events, self.initial)
