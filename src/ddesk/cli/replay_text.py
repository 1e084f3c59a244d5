"""Events and rows as lines for a terminal."""

from collections.abc import Iterator

import msgspec

from ddesk.events.envelope import Recorded
from ddesk.projections.changes import RowChange, Value
from ddesk.server.views import event

_LONGEST = 100
_encode = msgspec.json.Encoder().encode


def event_line(recorded: Recorded) -> str:
    """Everything but its data."""
    told = event(recorded)
    return f"#{told.position} {told.recorded_at} {told.actor} {told.stream} {told.type}"


def data_lines(recorded: Recorded) -> Iterator[str]:
    for name, value in event(recorded).data.items():
        yield f"    {name}: {_short(_encode(value).decode())}"


def row_lines(change: RowChange) -> Iterator[str]:
    """`table: key: column old → new`, one for each column; of a whole row, one with what it holds."""
    row = f"  {change.table}: {', '.join(map(_plain, change.key))}:"
    if change.kind == "changed":
        yield from (f"{row} {each.column} {_told(each.old)} → {_told(each.new)}" for each in change.cells)
        return
    held = [(each.column, each.new if change.kind == "added" else each.old) for each in change.cells]
    yield f"{row} {change.kind}: {', '.join(f'{column} {_told(value)}' for column, value in held)}"


def _plain(value: Value) -> str:
    return value if isinstance(value, str) else _told(value)


def _told(value: Value) -> str:
    return _short(value.hex() if isinstance(value, bytes) else _encode(value).decode())


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
