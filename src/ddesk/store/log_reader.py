"""Reads the log beside its writer: queries of microseconds, which the event loop may run where it stands."""

from collections.abc import Iterator
from typing import Self

import apsw

from ddesk.events.envelope import Recorded
from ddesk.store.connection import Location, open_database
from ddesk.store.faults import unreadable
from ddesk.store.records import COLUMNS, Appended, Head, fetch, read_events, read_head, recorded

_BUSY_ACTORS = ("user", "desk", "worker")
_RARE_ACTOR = " AND ".join(f"actor <> '{busy}'" for busy in _BUSY_ACTORS)
"""As the index of the others says it: only then is it used."""
_STREAM = f"SELECT {COLUMNS} FROM event WHERE stream = ? ORDER BY version"


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

    def stream(self, stream: str) -> list[Recorded]:
        """All events of a stream, in order; none where there is no such stream."""
        return [recorded(row) for row in fetch(self._connection, _STREAM, (stream,))]

    def events(
        self,
        *,
        after: int | None = None,
        before: int | None = None,
        stream: str | None = None,
        type: str | None = None,
        actor: str | None = None,
        limit: int = 50,
    ) -> list[Recorded]:
        """At most `limit` events at positions after < position < before, newest first; with `after`, oldest first."""
        asked = {"position >": after, "position <": before, "stream =": stream, "type =": type, "actor =": actor}
        wanted = {test: value for test, value in asked.items() if value is not None}
        where = " AND ".join(f"{test} ?" for test in wanted) or "TRUE"
        if actor is not None and actor not in _BUSY_ACTORS:
            where += f" AND {_RARE_ACTOR}"
        # Within a stream both orders are the same, and its index has the versions in order.
        order = f"{'version' if stream is not None else 'position'} {'DESC' if after is None else 'ASC'}"
        select = f"SELECT {COLUMNS} FROM event WHERE {where} ORDER BY {order} LIMIT ?"
        return [recorded(row) for row in fetch(self._connection, select, (*wanted.values(), limit))]

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Recorded]:
        """The events at positions after < position ≤ until, in order, in short reads."""
        return read_events(self._connection, after, until)

    def command(self, command_id: str) -> Appended | None:
        """What a command appended, if it did; `repeated` is set, as a repetition would find it."""
        select = "SELECT first, last FROM command WHERE command_id = ?"
        rows = fetch(self._connection, select, (command_id,))
        return next((Appended(first, last, repeated=True) for first, last in rows), None)

    def head(self) -> Head:
        try:
            return read_head(self._connection)
        except apsw.Error as error:
            raise unreadable(error) from error

    def close(self) -> None:
        self._connection.close()
