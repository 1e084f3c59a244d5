"""What one transaction will insert: planned in memory against what the log holds, so that it is written in one go."""

from collections.abc import Iterable, Sequence
from os import urandom

import apsw

from ddesk.errors import DeskError, WriteConflict
from ddesk.events.chain import SALT_BYTES, data_hash, link, private_hash
from ddesk.events.codec import Encoded, encode
from ddesk.events.ids import uuid7_run
from ddesk.events.log import DataForgotten
from ddesk.store.records import Append, Appended, Head, read_head

EventRow = tuple[int | str | bytes | None, ...]
CommandRow = tuple[str, int, int]

_INSERT_EVENT = f"INSERT INTO event VALUES ({', '.join('?' * 17)})"
_INSERT_COMMAND = "INSERT INTO command VALUES (?, ?, ?)"
_FORGET = "UPDATE event SET private = NULL, salt = NULL WHERE position = ? AND position < ? AND private IS NOT NULL"
_VERSIONS = (
    "SELECT value, ifnull((SELECT version FROM event WHERE stream = value ORDER BY version DESC LIMIT 1), 0)"
    " FROM carray(?)"
)
_KNOWN = "SELECT command_id, first, last FROM command JOIN carray(?) ON command_id = value"


class Batch:
    """The rows to insert, one outcome for each append, and the head that the log will then have.

    An append that is refused adds nothing and leaves the others alone. Later appends see what earlier ones add. What a
    DataForgotten among the events names loses its private part in the same transaction.
    """

    def __init__(self, connection: apsw.Connection, appends: Sequence[Append], recorded_at: int) -> None:
        self._connection = connection
        self.before = read_head(connection)
        self.events: list[EventRow] = []
        self.commands: list[CommandRow] = []
        self.forgotten: list[tuple[int, int]] = []
        self._recorded_at = recorded_at
        self._ids = uuid7_run(recorded_at // 1000)
        self._position, self._hash = self.before.position, self.before.hash
        self._versions = _versions(connection, appends)
        self._known = _known(connection, appends)
        self.outcomes = [self._plan(append) for append in appends]
        self.head = Head(self._position, self._hash)

    def insert(self) -> None:
        self._connection.executemany(_INSERT_EVENT, self.events)
        self._connection.executemany(_INSERT_COMMAND, self.commands)
        self._connection.executemany(_FORGET, self.forgotten)

    def _plan(self, append: Append) -> Appended | DeskError:
        command = append.origin.command_id
        if earlier := self._known.get(command):
            return earlier
        for stream, expected in append.expected.items():
            if (found := self._versions[stream]) != expected:
                return WriteConflict(stream, expected, found)
        if not append.events:
            return DeskError("event_malformed", "A command must record something.")
        try:
            contents = [encode(new.event) for new in append.events]
        except DeskError as malformed:
            return malformed
        appended = Appended(self._position + 1, self._position + len(contents))
        self._add(append, contents)
        self.commands.append((command, appended.first, appended.last))
        self._known[command] = Appended(appended.first, appended.last, repeated=True)
        return appended

    def _add(self, append: Append, contents: Iterable[Encoded]) -> None:
        origin, at, versions = append.origin, self._recorded_at, self._versions
        by = (origin.command_id, origin.causation, origin.correlation_id, origin.actor)
        for new, (kind, schema, data, private) in zip(append.events, contents, strict=True):
            stream = new.stream
            self._position += 1
            version = versions[stream] = versions[stream] + 1
            envelope = (self._position, stream, version, kind, schema, at, next(self._ids), *by)
            of_data, of_private, salt = data_hash(data), None, None
            if private is not None:
                salt = urandom(SALT_BYTES)
                of_private = private_hash(salt, private)
            self._hash = link(self._hash, (*envelope, of_data, of_private))
            self.events.append((*envelope, data, private, salt, of_data, of_private, self._hash))
            if isinstance(new.event, DataForgotten):
                self.forgotten += [(position, self._position) for position in new.event.positions]


def _versions(connection: apsw.Connection, appends: Sequence[Append]) -> dict[str, int]:
    streams = {new.stream for append in appends for new in append.events}.union(*(each.expected for each in appends))
    return dict(connection.execute(_VERSIONS, (apsw.carray(tuple(streams)),))) if streams else {}


def _known(connection: apsw.Connection, appends: Sequence[Append]) -> dict[str, Appended]:
    ids = tuple({append.origin.command_id for append in appends})
    found = connection.execute(_KNOWN, (apsw.carray(ids),)) if ids else ()
    return {command: Appended(first, last, repeated=True) for command, first, last in found}
