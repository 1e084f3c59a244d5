"""Given / when / then for deciders."""

from collections.abc import Sequence
from typing import Any

from ddesk.domain.decider import Decider
from ddesk.errors import Refused


class Given:
    """`Given(decider, *events).when(command)` is what the command leads to after those events."""

    def __init__(self, decider: Decider[Any, Any, Any], *events: Any) -> None:
        self._decider = decider
        self._events = events

    def when(self, command: Any) -> Sequence[Any]:
        return list(self._decider.decide(self.state, command))

    @property
    def state(self) -> Any:
        return self._decider.fold(self._events)


def history_of(decider: Decider[Any, Any, Any], commands: Sequence[Any]) -> list[Any]:
    """What these commands lead to one after the other, the refused ones left out."""
    history: list[Any] = []
    for command in commands:
        try:
            history += Given(decider, *history).when(command)
        except Refused:
            continue
    return history
