"""What a log holds, and whose story in it can't be followed."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from ddesk.app.streams import decider_of
from ddesk.events import TYPES
from ddesk.events.codec import UnknownEvent
from ddesk.events.envelope import Recorded
from ddesk.events.upcast import current_schema


class OfType(Struct, frozen=True, order=True):
    type: str
    schema: int
    count: int


class Findings(Struct, frozen=True, kw_only=True):
    """`counts` by type; `unknown` are the types and schema versions that are newer than this program, which it keeps
    and passes over; `upcast` those that were written in an older version and are read in today's.
    """

    counts: dict[str, int]
    unknown: tuple[OfType, ...]
    upcast: tuple[OfType, ...]


def findings(counted: Iterable[tuple[str, int, int]]) -> Findings:
    """Of (type, schema version, number of events)."""
    each = sorted(OfType(*one) for one in counted)
    counts: Counter[str] = Counter()
    for one in each:
        counts[one.type] += one.count
    return Findings(
        counts=dict(counts),
        unknown=tuple(one for one in each if one.schema > _newest(one.type)),
        upcast=tuple(one for one in each if one.schema < _newest(one.type)),
    )


def _newest(kind: str) -> int:
    """0 for a type that this program doesn't know."""
    return current_schema(kind) if kind in TYPES else 0


class Broken(Struct, frozen=True):
    """The rules of the stream throw at the event at this position: no command to it can be decided any more."""

    stream: str
    position: int
    why: str


class Stories:
    """Every stream's story as its rules tell it, event after event."""

    def __init__(self) -> None:
        self._states: dict[str, Any] = {}
        self.broken: dict[str, Broken] = {}

    def take_in(self, recorded: Recorded) -> None:
        stream = recorded.stream
        decider = decider_of(stream)
        if decider is None or stream in self.broken or isinstance(recorded.event, UnknownEvent):
            return
        try:
            self._states[stream] = decider.evolve(self._states.get(stream, decider.initial), recorded.event)
        except Exception as wrong:  # whatever the rules throw is the finding
            why = f"{type(wrong).__name__} at {recorded.type}"
            self.broken[stream] = Broken(stream, recorded.position, why)
