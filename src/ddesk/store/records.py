"""Rows of the log as events, in short reads: a reader that lingers keeps the write-ahead log from ever shrinking."""

from collections.abc import Iterator
from typing import Any

import apsw
import msgspec
from msgspec import Struct

from ddesk.events.chain import GENESIS
from ddesk.events.codec import decode
from ddesk.events.envelope import NewEvent, Origin, Recorded
from ddesk.store.faults import unreadable

COLUMNS = (
    "position, stream, version, type, schema, recorded_at, event_id, command_id, causation, correlation_id, actor,"
    " data, private"
)
CHUNK = 256
"""Rows in one read: few enough that the garbage collector doesn't start on them, which would cost a third more."""

Row = tuple[Any, ...]


class Head(Struct, frozen=True):
    """The last event's position and hash; position 0 where there is none."""

    position: int
    hash: bytes


EMPTY = Head(0, GENESIS)


class Append(Struct, frozen=True):
    """One command's events, and the version that each stream must have for them: 0 where it must not exist yet."""

    origin: Origin
    expected: dict[str, int]
    events: tuple[NewEvent, ...]


class Appended(Struct, frozen=True):
    """A command's events, by their positions. `repeated`: it was appended before, and nothing was written now."""

    first: int
    last: int
    repeated: bool = False


def fetch(connection: apsw.Connection, select: str, bindings: "apsw.Bindings" = ()) -> list[Row]:
    """All rows at once, so that no read outlives the call. Raises Fault where the log can't be read."""
    try:
        return connection.execute(select, bindings).fetchall()
    except (apsw.Error, UnicodeDecodeError) as error:
        raise unreadable(error) from error


def recorded(row: Row) -> Recorded:
    """The event in a row of COLUMNS. Raises Fault where the stored text isn't one."""
    position, stream, version, kind, schema, at, id_, command, cause, correlation, actor, data, private = row
    try:
        event = decode(kind, schema, data, private)
    except msgspec.DecodeError as error:
        raise unreadable(error) from error
    return Recorded(position, stream, version, kind, schema, at, id_, command, cause, correlation, actor, event)


def read_head(connection: apsw.Connection) -> Head:
    """Raises apsw.Error: its callers know what an unreadable head means to them."""
    row = connection.execute("SELECT position, hash FROM event ORDER BY position DESC LIMIT 1").fetchone()
    return Head(*row) if row else EMPTY


def read_events(connection: apsw.Connection, after: int, until: int | None) -> Iterator[Recorded]:
    """The events at positions after < position ≤ until, in order. Between two chunks no transaction is open."""
    select = f"SELECT {COLUMNS} FROM event WHERE position > ? AND position <= ? ORDER BY position LIMIT {CHUNK}"
    last = (1 << 63) - 1 if until is None else until
    while rows := fetch(connection, select, (after, last)):
        yield from map(recorded, rows)
        after = rows[-1][0]
