"""Named points in time at which something is due. Not thread-safe."""

import math
from collections.abc import Callable


class Alarms:
    """Times are seconds of one monotonic clock, the caller's."""

    def __init__(self) -> None:
        self._set: dict[str, tuple[float, Callable[[], None]]] = {}

    def set(self, name: str, at: float, action: Callable[[], None]) -> None:
        """Replaces an alarm of the same name."""
        self._set[name] = (at, action)

    def __contains__(self, name: str) -> bool:
        return name in self._set

    def clear(self, *names: str) -> None:
        for name in names:
            self._set.pop(name, None)

    def clear_all(self) -> None:
        self._set.clear()

    def next(self) -> float:
        """When the next one is due; infinity where none is set."""
        return min((at for at, _ in self._set.values()), default=math.inf)

    def ring(self, now: float) -> None:
        """Run what is due, the earliest first; an action may set and clear others."""
        due = sorted((at, name) for name, (at, _) in self._set.items() if at <= now)
        for at, name in due:
            if name in self._set and self._set[name][0] == at:
                _, action = self._set.pop(name)
                action()
