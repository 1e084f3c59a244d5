"""What one transaction will insert: planned in memory against what the log holds, so that it is written in one go."""

from collections.abc import Iterable, Sequence
from itertools import chain, count
from os import urandom

import apsw

from ddesk.errors import DeskError, WriteConflict
from ddesk.events.chain import SALT_BYTES, data_hash, link, private_hash
from ddesk.events.codec import Encoded, encode
from ddesk.events.ids import uuid7_run
from ddesk.store.records import Append, Appended, Head, read_head

EventRow = tuple[int | str | bytes | None, ...]
CommandRow = tuple[str, int, int]

_ROWS = 32
_EVENT = f"({', '.join('?' * 17)})"
_INSERT_EVENT = f"INSERT INTO event VALUES {_EVENT}"
_INSERT_EVENTS = f"INSERT INTO event VALUES {', '.join([_EVENT] * _ROWS)}"
_INSERT_COMMAND = "INSERT INTO command VALUES (?, ?, ?)"
_VERSIONS = "SELECT value, (SELECT coalesce(max(version), 0) FROM event WHERE stream = value) FROM carray(?)"
_KNOWN = "SELECT command_id, first, last FROM command JOIN carray(?) ON command_id = value"


class Batch:
    """The rows to insert, one outcome for each append, and the head that the log will then have.

    An append that is refused adds nothing and leaves the others alone. Later appends see what earlier ones add.
    """

    def __init__(self, connection: apsw.Connection, appends: Sequence[Append], recorded_at: int) -> None:
        self._connection = connection
        self.before = read_head(connection)
        self.events: list[EventRow] = []
        self.commands: list[CommandRow] = []
        self._recorded_at = recorded_at
        self._ids = uuid7_run(recorded_at // 1000)
        self._position, self._hash = self.before.position, self.before.hash
        self._versions = _versions(connection, appends)
        self._known = _known(connection, appends)
        self.outcomes = [self._plan(append) for append in appends]
        self.head = Head(self._position, self._hash)

    def insert(self) -> None:
        """Many rows to a statement, as SQLite sets a trigger up once for each statement."""
        single = len(self.events) % _ROWS
        self._connection.executemany(_INSERT_EVENT, self.events[:single])
        for start in range(single, len(self.events), _ROWS):
            rows = self.events[start : start + _ROWS]
            self._connection.execute(_INSERT_EVENTS, tuple(chain.from_iterable(rows)))
        self._connection.executemany(_INSERT_COMMAND, self.commands)

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
        first = self._position + 1
        self._add(append, contents)
        self.commands.append((command, first, self._position))
        self._known[command] = Appended(first, self._position, repeated=True)
        return Appended(first, self._position)

    def _add(self, append: Append, contents: Iterable[Encoded]) -> None:
        origin, recorded_at, versions, hash_ = append.origin, self._recorded_at, self._versions, self._hash
        by = (origin.command_id, origin.causation, origin.correlation_id, origin.actor)
        for position, new, (kind, schema, data, private) in zip(
            count(self._position + 1), append.events, contents, strict=False
        ):
            version = versions[new.stream] = versions[new.stream] + 1
            event_id = next(self._ids)
            envelope = (position, new.stream, version, kind, schema, recorded_at, event_id, *by)
            salt = None if private is None else urandom(SALT_BYTES)
            of_data = data_hash(data)
            of_private = None if salt is None or private is None else private_hash(salt, private)
            hash_ = link(hash_, envelope, of_data, of_private)
            self.events.append((*envelope, data, private, salt, of_data, of_private, hash_))
        self._position, self._hash = self._position + len(append.events), hash_


def _versions(connection: apsw.Connection, appends: Sequence[Append]) -> dict[str, int]:
    streams = {stream for append in appends for stream in append.expected}
    streams.update(new.stream for append in appends for new in append.events)
    return dict(connection.execute(_VERSIONS, (apsw.carray(tuple(streams)),))) if streams else {}


def _known(connection: apsw.Connection, appends: Sequence[Append]) -> dict[str, Appended]:
    ids = tuple({append.origin.command_id for append in appends})
    found = connection.execute(_KNOWN, (apsw.carray(ids),)) if ids else ()
    return {command: Appended(first, last, repeated=True) for command, first, last in found}
