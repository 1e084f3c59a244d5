"""Checks the whole log against its chain of hashes."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain

import apsw
from msgspec import Struct

from ddesk.events.chain import data_hash, link, private_hash
from ddesk.events.log import DataForgotten
from ddesk.store.records import CHUNK, COLUMNS, EMPTY, Head, Row, recorded

_ROWS = f"SELECT {COLUMNS}, salt, data_hash, private_hash, hash FROM event WHERE position > ? ORDER BY position LIMIT ?"
_ENVELOPE = 11
"""So many of the columns come first, in the order in which the chain hashes them."""
_STRAYED_COMMAND = (
    "SELECT min(first) FROM command WHERE last - first + 1 <> (SELECT count(*) FROM event"
    " WHERE position BETWEEN command.first AND command.last AND event.command_id = command.command_id)"
)
_UNFIT = "the table of commands doesn't fit the events"
_COVERED = "SELECT coalesce(sum(last - first + 1), 0) FROM command WHERE last <= ?"

OpenAgain = Callable[[], apsw.Connection]


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


def verify(
    connection: apsw.Connection, known_head: Head | None = None, open_again: OpenAgain | None = None
) -> Verification:
    """Read every event and follow the chain. `known_head`, kept elsewhere, shows whether the end was cut off.

    `open_again` opens the same file; with it the file's structure is checked meanwhile, on another core: SQLite does
    that without Python's lock.
    """
    walk = _Walk(connection)
    try:
        with (
            _under_way(open_again)
            if open_again
            else contextlib.nullcontext(partial(_check_file, connection)) as check_file
        ):
            walk.run(known_head)
            check_file()
            _check_commands(connection, walk.head)
    except Broken as broken:
        return Verification(ok=False, head=walk.head, position=broken.position, why=broken.why)
    return Verification(ok=True, head=walk.head)


@contextlib.contextmanager
def _under_way(open_again: OpenAgain) -> Iterator[Callable[[], None]]:
    """The check of what the chain doesn't cover, begun already on a connection of its own; called for its outcome."""
    with contextlib.closing(open_again()) as own, ThreadPoolExecutor(1) as thread:
        try:
            yield thread.submit(_check_file, own).result
        except BaseException:
            own.interrupt()
            raise


def _check_file(connection: apsw.Connection) -> None:
    """The indexes, the file's own structure, and the table of commands against the events."""
    try:
        strayed = connection.execute(_STRAYED_COMMAND).get
        structure = connection.execute("PRAGMA integrity_check(1)").get
    except (apsw.Error, UnicodeDecodeError) as error:
        raise _outside(error) from error
    if strayed is not None:
        raise Broken(strayed, _UNFIT)
    if structure != "ok":
        raise _outside(structure)


def _check_commands(connection: apsw.Connection, head: Head) -> None:
    """Each event up to there is a command's."""
    try:
        covered = connection.execute(_COVERED, (head.position,)).get
    except (apsw.Error, UnicodeDecodeError) as error:
        raise _outside(error) from error
    if covered != head.position:
        raise Broken(None, _UNFIT)


def _outside(why: object) -> Broken:
    return Broken(None, f"the file is damaged outside of the events: {why}")


class _Walk:
    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.head = EMPTY
        self._bare: set[int] = set()

    def run(self, known_head: Head | None) -> None:
        while rows := self._chunk(CHUNK):
            if not _all_whole(rows, self.head) or _denied(known_head, rows):
                self._find_flaw(rows, known_head)
            self._follow_forgetting(rows)
            self.head = Head(rows[-1][0], rows[-1][-1])
        if self._bare:
            raise Broken(min(self._bare), "its private part is gone, and no event says that it was forgotten")
        if known_head and known_head.position > self.head.position:
            raise Broken(self.head.position + 1, f"the end is missing: the log once reached {known_head.position}")

    def _find_flaw(self, rows: Sequence[Row], known_head: Head | None) -> None:
        """One by one, to name the first that isn't whole and why."""
        for row in rows:
            position = self.head.position + 1
            if why := flaw(row, position, self.head.hash):
                raise Broken(position, why)
            if _denied(known_head, [row]):
                raise Broken(position, "it is not the event that was there before: the log was written anew")
            self.head = Head(position, row[-1])

    def _follow_forgetting(self, rows: Sequence[Row]) -> None:
        """What lacks its private part must be named by a later DataForgotten."""
        self._bare.update([row[0] for row in rows if row[12] is None and row[15] is not None])
        for row in [row for row in rows if row[3] == DataForgotten.__name__]:
            if isinstance(event := recorded(row[:13]).event, DataForgotten):
                self._bare.difference_update(event.positions)

    def _chunk(self, size: int) -> list[Row]:
        """The next rows. Where a chunk can't be read, row by row up to the one that can't."""
        try:
            return self._connection.execute(_ROWS, (self.head.position, size)).fetchall()
        except (apsw.Error, UnicodeDecodeError) as error:
            if size > 1:
                return self._chunk(1)
            raise Broken(self.head.position + 1, f"it can't be read: {error}") from error


def _all_whole(rows: Sequence[Row], before: Head) -> bool:
    """Whether all rows follow one another and what came before: what `flaw` looks at, in passes that cost less."""
    private = [row for row in rows if row[12] is not None]
    try:
        return (
            [row[0] for row in rows] == list(range(before.position + 1, before.position + 1 + len(rows)))
            and [row[14] for row in rows] == list(map(data_hash, [row[11] for row in rows]))
            and [row[15] for row in private] == [private_hash(row[13], row[12]) for row in private]
            and [row[16] for row in rows] == _links(rows, before.hash)
        )
    except (AttributeError, TypeError, ValueError):
        return False


def _links(rows: Sequence[Row], previous: bytes) -> list[bytes]:
    befores = chain((previous,), (row[-1] for row in rows))
    return [link(before, row[:_ENVELOPE] + row[14:16]) for before, row in zip(befores, rows, strict=False)]


def _denied(known_head: Head | None, rows: Sequence[Row]) -> bool:
    """Whether one of the rows is another event than the one that was known."""
    return known_head is not None and any(row[0] == known_head.position and row[-1] != known_head.hash for row in rows)


def flaw(row: Row, position: int, previous: bytes) -> str:
    """What is wrong with the event at `position`; empty where nothing is."""
    data, private, salt, of_data, of_private, hash_ = row[_ENVELOPE:]
    if row[0] != position:
        return f"it is missing: the next one is {row[0]}"
    try:
        if data_hash(data) != of_data:
            return "its data was changed"
        if private is not None and private_hash(salt, private) != of_private:
            return "its private part was changed"
        if link(previous, row[:_ENVELOPE] + row[14:16]) != hash_:
            return "its envelope or its hash was changed"
    except (AttributeError, TypeError, ValueError) as error:
        return f"a column holds what it never can: {error}"
    return ""
