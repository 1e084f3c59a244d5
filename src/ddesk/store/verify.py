"""Checks the whole log against its chain of hashes."""

from collections.abc import Iterator

import apsw
from msgspec import Struct

from ddesk.events.chain import data_hash, link, private_hash
from ddesk.events.log import DataForgotten
from ddesk.store.records import CHUNK, EMPTY, Head, Row, recorded

_ROWS = "SELECT * FROM event WHERE position > ? ORDER BY position LIMIT ?"
_STRAYED_COMMAND = (
    "SELECT min(first) FROM command WHERE last - first + 1 <> (SELECT count(*) FROM event"
    " WHERE position BETWEEN command.first AND command.last AND event.command_id = command.command_id)"
)
_COVERED = "SELECT coalesce(sum(last - first + 1), 0) FROM command WHERE last <= ?"


class Verification(Struct, frozen=True, kw_only=True):
    """`head` is the last event that is whole; `position` and `why` tell where and how the log first fails to be."""

    ok: bool
    head: Head
    position: int | None = None
    why: str = ""


class Broken(Exception):
    """The event at `position` isn't what was appended there; None where it is no event that is damaged."""

    def __init__(self, position: int | None, why: str) -> None:
        super().__init__(why)
        self.position = position
        self.why = why


def verify(connection: apsw.Connection, known_head: Head | None = None) -> Verification:
    """Read every event and follow the chain. `known_head`, kept elsewhere, shows whether the end was cut off."""
    walk = _Walk(connection)
    try:
        walk.run(known_head)
    except Broken as broken:
        return Verification(ok=False, head=walk.head, position=broken.position, why=broken.why)
    return Verification(ok=True, head=walk.head)


class _Walk:
    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.head = EMPTY
        self._bare: set[int] = set()

    def run(self, known_head: Head | None) -> None:
        for row in self._rows():
            position, hash_ = self.head.position + 1, row[-1]
            if why := _flaw(row, position, self.head.hash):
                raise Broken(position, why)
            if known_head and known_head.position == position and known_head.hash != hash_:
                raise Broken(position, "it is not the event that was there before: the log was written anew")
            self._follow_forgetting(row)
            self.head = Head(position, hash_)
        if self._bare:
            raise Broken(min(self._bare), "its private part is gone, and no event says that it was forgotten")
        if known_head and known_head.position > self.head.position:
            raise Broken(self.head.position + 1, f"the end is missing: the log once reached {known_head.position}")
        self._check_file()

    def _follow_forgetting(self, row: Row) -> None:
        """What lacks its private part must be named by a later DataForgotten."""
        if row[12] is None and row[15] is not None:
            self._bare.add(row[0])
        if row[3] == DataForgotten.__name__ and isinstance(event := recorded(row[:13]).event, DataForgotten):
            self._bare.difference_update(event.positions)

    def _rows(self) -> Iterator[Row]:
        while rows := self._chunk(CHUNK):
            yield from rows

    def _chunk(self, size: int) -> list[Row]:
        """The next rows. Where a chunk can't be read, row by row up to the one that can't."""
        try:
            return self._connection.execute(_ROWS, (self.head.position, size)).fetchall()
        except (apsw.Error, UnicodeDecodeError) as error:
            if size > 1:
                return self._chunk(1)
            raise Broken(self.head.position + 1, f"it can't be read: {error}") from error

    def _check_file(self) -> None:
        """What the chain doesn't cover: the table of commands, the indexes and the file's own structure."""
        try:
            strayed = self._connection.execute(_STRAYED_COMMAND).get
            covered = self._connection.execute(_COVERED, (self.head.position,)).get
            structure = self._connection.execute("PRAGMA integrity_check(1)").get
        except (apsw.Error, UnicodeDecodeError) as error:
            raise Broken(None, f"the file is damaged outside of the events: {error}") from error
        if strayed is not None or covered != self.head.position:
            raise Broken(strayed, "the table of commands doesn't fit the events")
        if structure != "ok":
            raise Broken(None, f"the file is damaged outside of the events: {structure}")


def _flaw(row: Row, position: int, previous: bytes) -> str:
    """What is wrong with the event at `position`; empty where nothing is."""
    *envelope, data, private, salt, of_data, of_private, hash_ = row
    if envelope[0] != position:
        return f"it is missing: the next one is {envelope[0]}"
    try:
        if data_hash(data) != of_data:
            return "its data was changed"
        if private is not None and private_hash(salt, private) != of_private:
            return "its private part was changed"
        if link(previous, envelope, of_data, of_private) != hash_:
            return "its envelope or its hash was changed"
    except (AttributeError, TypeError, ValueError) as error:
        return f"a column holds what it never can: {error}"
    return ""
