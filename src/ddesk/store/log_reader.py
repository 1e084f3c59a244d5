"""Reads the log beside its writer: queries of microseconds, which the event loop may run where it stands."""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import apsw

from ddesk.events.chain import GENESIS
from ddesk.events.envelope import Recorded
from ddesk.store.connection import Location, open_database
from ddesk.store.faults import unreadable
from ddesk.store.records import COLUMNS, Appended, Head, fetch, read_events, read_head, recorded

_BUSY_ACTORS = ("user", "desk", "worker")
_RARE_ACTOR = " AND ".join(f"actor <> '{busy}'" for busy in _BUSY_ACTORS)
"""As the index of the others says it: only then is it used."""
_OUTLINE = (
    "position",
    "recorded_at",
    "type",
    "schema",
    "stream",
    "version",
    "actor",
    "causation",
    "correlation_id",
    "data",
)
_STREAM = f"SELECT {COLUMNS} FROM event WHERE stream = ? AND version >= ? ORDER BY version"
_AT = f"SELECT {COLUMNS} FROM event WHERE position IN (SELECT value FROM carray(?))"

WINDOW = 10_000
"""Positions that one read of a walk looks at."""

_PRIVATE = "SELECT position FROM event WHERE stream = ? AND private IS NOT NULL ORDER BY version"
_FORGOTTEN = "SELECT 1 FROM event WHERE stream = ? AND version = 1 AND private IS NULL AND private_hash IS NOT NULL"
STEPS_BETWEEN_LOOKS = 10_000
"""Of SQLite's own machine, which takes a fraction of a millisecond for them."""


class LogReader:
    """A connection that can't write, for one thread. The log must have been opened once by its writer.

    Everything here raises Fault where the log can't be read.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: Location) -> Self:
        """Raises Fault where the log can't be opened."""
        return cls(open_database(path, "log-reader"))

    def stream(self, stream: str, version: int = 1) -> list[Recorded]:
        """All events of a stream from that version on, in order; none where there is no such stream."""
        return [recorded(row) for row in fetch(self._connection, _STREAM, (stream, version))]

    def events(
        self,
        *,
        after: int | None = None,
        before: int | None = None,
        stream: str | None = None,
        type: str | None = None,
        actor: str | None = None,
        limit: int = 50,
        newest_first: bool | None = None,
    ) -> list[Recorded]:
        """At most `limit` events at positions after < position < before, newest first; with `after`, oldest first.

        `newest_first` says it outright. What an actor seldom does is found by walking: see `walk`.
        """
        # A stream is short: with a plus its events are gone through, and not those of the type.
        of_type = "type =" if stream is None else "+type ="
        asked = {"position >": after, "position <": before, "stream =": stream, of_type: type, "actor =": actor}
        wanted = {test: value for test, value in asked.items() if value is not None}
        where = " AND ".join(f"{test} ?" for test in wanted) or "TRUE"
        if actor is not None and actor not in _BUSY_ACTORS:
            where += f" AND {_RARE_ACTOR}"
        # Within a stream both orders are the same, and its index has the versions in order.
        descending = after is None if newest_first is None else newest_first
        order = f"{'version' if stream is not None else 'position'} {'DESC' if descending else 'ASC'}"
        select = f"SELECT {COLUMNS} FROM event WHERE {where} ORDER BY {order} LIMIT ?"
        return [recorded(row) for row in fetch(self._connection, select, (*wanted.values(), limit))]

    def counts(self) -> dict[str, int]:
        """How many events there are of each type."""
        return dict(fetch(self._connection, "SELECT type, count(*) FROM event GROUP BY type ORDER BY type"))

    def outlines(self, limit: int) -> list[dict[str, object]]:
        """The newest events by the names of their columns, newest first; what is private isn't even read."""
        select = f"SELECT {', '.join(_OUTLINE)} FROM event ORDER BY position DESC LIMIT ?"
        return [dict(zip(_OUTLINE, row, strict=True)) for row in fetch(self._connection, select, (limit,))]

    def walk(
        self, *, after: int | None = None, before: int | None = None, limit: int = 50, **asked: Any
    ) -> Iterator[list[Recorded]]:
        """As `events`, in reads of a few milliseconds, each of so many positions, however few fit what is asked."""
        if asked.get("stream") is not None:  # its index has them side by side
            yield self.events(after=after, before=before, limit=limit, **asked)
            return
        end = self.head().position + 1
        windows = _windows(after or 0, end if before is None else min(before, end), newest_first=after is None)
        for low, high in windows:
            some = self.events(after=low, before=high, limit=limit, newest_first=after is None, **asked)
            yield some
            limit -= len(some)
            if not limit:
                return

    def at(self, positions: Sequence[int]) -> dict[int, Recorded]:
        """The events at these positions, as far as there are such."""
        if not positions:
            return {}
        rows = fetch(self._connection, _AT, (apsw.carray(array("q", positions)),))
        return {row[0]: recorded(row) for row in rows}

    def recorded_at(self, position: int) -> int | None:
        """In microseconds since 1970; None where there is no such event."""
        rows = fetch(self._connection, "SELECT recorded_at FROM event WHERE position = ?", (position,))
        return next((at for (at,) in rows), None)

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Recorded]:
        """The events at positions after < position ≤ until, in order, in short reads."""
        return read_events(self._connection, after, until)

    def hash_at(self, position: int) -> bytes | None:
        """The hash of the event at `position`, of nothing at all for 0; None where the log doesn't reach that far."""
        rows = fetch(self._connection, "SELECT hash FROM event WHERE position = ?", (position,))
        return GENESIS if position == 0 else next((hash_ for (hash_,) in rows), None)

    def position_at(self, unix_us: int) -> int:
        """That of the last event recorded by then (microseconds since 1970); 0 where there was none yet."""
        return bisect_right(range(1, self.head().position + 1), unix_us, key=self._recorded_at)

    def _recorded_at(self, position: int) -> int:
        rows = fetch(self._connection, "SELECT recorded_at FROM event WHERE position = ?", (position,))
        return int(rows[0][0])

    def until(self, position: int) -> "LogReader":
        """The same log as if it ended at that position."""
        return _EarlierLog(self._connection, position)

    def commands_under(self, correlation_id: str, actor: str | None = None) -> list[Appended]:
        """What people and programs, or one of them, did under this id, by their commands; the newest first."""
        by, values = ("= ?", [actor]) if actor else ("NOT IN ('desk', 'worker')", [])
        select = (
            f"SELECT min(position), max(position) FROM event WHERE correlation_id = ? AND actor {by}"
            " GROUP BY command_id ORDER BY 1 DESC"
        )
        return [Appended(first, last) for first, last in fetch(self._connection, select, (correlation_id, *values))]

    def command(self, command_id: str) -> Appended | None:
        """What a command appended, if it did; `repeated` is set, as a repetition would find it."""
        select = "SELECT first, last FROM command WHERE command_id = ?"
        rows = fetch(self._connection, select, (command_id,))
        return next((Appended(first, last, repeated=True) for first, last in rows), None)

    def private_positions(self, stream: str) -> list[int]:
        """Which of a stream's events still have a private part."""
        return [position for (position,) in fetch(self._connection, _PRIVATE, (stream,))]

    def last_forgetting(self) -> int:
        """The position of the last event by which something was forgotten; 0 where nothing ever was."""
        rows = fetch(self._connection, "SELECT max(position) FROM event WHERE type = 'DataForgotten'")
        return rows[0][0] or 0

    def is_forgotten(self, stream: str) -> bool:
        """Whether the first event of a stream has lost its private part."""
        return bool(fetch(self._connection, _FORGOTTEN, (stream,)))

    def head(self) -> Head:
        try:
            return read_head(self._connection)
        except apsw.Error as error:
            raise unreadable(error) from error

    def watch(self, is_over: Callable[[], bool] | None) -> None:
        """End whatever is read once `is_over` says so: it then raises Fault."""
        self._connection.set_progress_handler(is_over, STEPS_BETWEEN_LOOKS)

    def close(self) -> None:
        self._connection.close()


def _windows(after: int, before: int, *, newest_first: bool) -> Iterator[tuple[int, int]]:
    """The positions after < position < before in pieces, each in the same form."""
    starts = range(after, before - 1, WINDOW)
    for start in reversed(starts) if newest_first else starts:
        yield start, min(start + WINDOW + 1, before)


class _EarlierLog(LogReader):
    """Uses the connection of another, which closes it."""

    def __init__(self, connection: apsw.Connection, end: int) -> None:
        super().__init__(connection)
        self._end = end

    def head(self) -> Head:
        return Head(self._end, self.hash_at(self._end) or GENESIS)

    def stream(self, stream: str, version: int = 1) -> list[Recorded]:
        return [each for each in super().stream(stream, version) if each.position <= self._end]

    def events(self, *, before: int | None = None, **asked: Any) -> list[Recorded]:
        return super().events(before=self._end + 1 if before is None else min(before, self._end + 1), **asked)

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Recorded]:
        return super().read(after, self._end if until is None else min(until, self._end))
