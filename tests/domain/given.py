"""Given / when / then for deciders."""

from collections.abc import Sequence
from typing import Any

from ddesk.domain.decider import Decider


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
