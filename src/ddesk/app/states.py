"""What streams have come to. Of the long ones it is kept, so that a command folds only what came since."""

from collections.abc import Iterable
from functools import reduce
from typing import Any

from msgspec import Struct

from ddesk.domain.decider import Decider
from ddesk.events.codec import UnknownEvent
from ddesk.events.envelope import Recorded
from ddesk.store.log_reader import LogReader

LONG = 200
"""Events of a stream that fold in a fraction of a millisecond."""


class Reached(Struct, frozen=True):
    """The state that a stream is in after its `last` event; `version` is 0 where it has none."""

    decider: Decider[Any, Any, Any]
    state: Any
    last: Recorded | None = None

    @property
    def version(self) -> int:
        return self.last.version if self.last else 0

    def after(self, recorded: Iterable[Recorded]) -> "Reached":
        """What a later version of the program wrote, and this one has no rule for, changes nothing here."""
        events = list(recorded)
        known = (each.event for each in events if not isinstance(each.event, UnknownEvent))
        return Reached(
            self.decider, reduce(self.decider.evolve, known, self.state), events[-1] if events else self.last
        )


class States:
    def __init__(self, reader: LogReader) -> None:
        self._reader = reader
        self._kept: dict[str, Reached] = {}
        self._forgotten = 0

    def of(self, stream: str, decider: Decider[Any, Any, Any]) -> Reached:
        """Raises Fault where the log can't be read."""
        self._drop_what_was_forgotten()
        found = self._since_kept(stream, decider) or self._from_the_start(stream, decider)
        if found.version >= LONG:
            self._kept[stream] = found
        return found

    def _drop_what_was_forgotten(self) -> None:
        """What is kept may hold what the log no longer does."""
        if self._kept and (forgotten := self._reader.last_forgetting()) != self._forgotten:
            self._kept.clear()
            self._forgotten = forgotten

    def _from_the_start(self, stream: str, decider: Decider[Any, Any, Any]) -> Reached:
        return Reached(decider, decider.initial).after(self._reader.stream(stream))

    def _since_kept(self, stream: str, decider: Decider[Any, Any, Any]) -> Reached | None:
        """None where nothing is kept, or the log no longer holds the very event up to which it was folded."""
        kept = self._kept.get(stream)
        if kept is None or kept.decider is not decider:
            return None
        last, *newer = self._reader.stream(stream, kept.version) or (None,)
        return kept.after(newer) if last == kept.last else None
