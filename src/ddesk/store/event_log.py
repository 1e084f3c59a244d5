"""The log of events: append-only, chained by hashes, written through one connection."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Self

import apsw

from ddesk.errors import AppendFailed, DeskError
from ddesk.events.chain import GENESIS
from ddesk.events.envelope import Recorded
from ddesk.store.batch import Batch
from ddesk.store.connection import BUSY_MS, Location, in_memory, open_database
from ddesk.store.faults import translated, unreadable
from ddesk.store.migrate import migrate
from ddesk.store.records import Append, Appended, Head, fetch, read_events, read_head
from ddesk.store.verify import Verification, verify

Outcome = Appended | DeskError

_SAVE_REACTOR = "INSERT INTO reactor VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET position = excluded.position"
_FAILED = "Nothing was recorded"
_UNKNOWN = "Whether it was recorded is not known, as the log can't be read back"


def now() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1000


class EventLog:
    """Owns the one connection that writes. Not for several threads: `Writer` gives it one of its own."""

    def __init__(self, connection: apsw.Connection, location: Location, clock: Callable[[], int]) -> None:
        self._connection = connection
        self._clock = clock
        self._wal = None if in_memory(location) else Path(f"{location}-wal")
        self.location = location
        self.head = read_head(connection)

    @classmethod
    def open(cls, path: Location, migrations: Path, *, clock: Callable[[], int] = now, vfs: str | None = None) -> Self:
        """The log at `path`, made if there is none; one of an older schema is copied to `backups/`, then migrated.

        Raises LogTooNew for a log of a later version, Fault where it can't be opened, read or migrated.
        """
        connection = open_database(path, "log", vfs)
        try:
            migrate(connection, path, migrations)
            return cls(connection, path, clock)
        except apsw.Error as error:
            _give_up(connection)
            raise unreadable(error) from error
        except BaseException:
            _give_up(connection)
            raise

    def append(self, batch: Sequence[Append]) -> list[Outcome]:
        """Append in one transaction, durable on return; the outcomes stand in the order of `batch`.

        A stream that isn't at its expected version is a WriteConflict for that append alone, and an event that can't
        be encoded a DeskError; a log that can't be written is an AppendFailed for all that isn't in it.
        """
        planned: Batch | None = None
        try:
            self._roll_back()
            self._connection.execute("BEGIN IMMEDIATE")
            planned = Batch(self._connection, batch, self._clock())
            planned.insert()
            self._connection.execute("COMMIT")
        except apsw.Error as error:
            return self._settle(planned, len(batch), error)
        except BaseException:
            self._roll_back()
            raise
        self.head = planned.head
        return planned.outcomes

    def _settle(self, planned: Batch | None, size: int, error: apsw.Error) -> list[Outcome]:
        """An error says nothing about what reached the log, so its head is read again: what is there is appended."""
        try:
            self._roll_back()
            self.head = read_head(self._connection)
        except apsw.Error:
            return [translated(error, _UNKNOWN, AppendFailed)] * size
        failed = translated(error, _FAILED, AppendFailed)
        if planned is None:
            return [failed] * size
        there = self.head if self.head == planned.head else planned.before
        return [
            failed if isinstance(outcome, Appended) and outcome.last > there.position else outcome
            for outcome in planned.outcomes
        ]

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Recorded]:
        """The events at positions after < position ≤ until, in order."""
        return read_events(self._connection, after, until)

    def verify(self, known_head: Head | None = None) -> Verification:
        """Check the whole chain, and that it still holds a head that was known before."""
        return verify(self._connection, known_head, partial(open_database, self.location, "log-reader"))

    def hash_at(self, position: int) -> bytes | None:
        """The hash of the event at `position`, of nothing at all for 0; None where the log doesn't reach that far.

        Raises Fault where the log can't be read, as all that reads here does.
        """
        rows = fetch(self._connection, "SELECT hash FROM event WHERE position = ?", (position,))
        return GENESIS if position == 0 else next((hash_ for (hash_,) in rows), None)

    def reactor_position(self, name: str) -> int:
        """Up to which event a reactor has reacted; 0 before its first."""
        rows = fetch(self._connection, "SELECT position FROM reactor WHERE name = ?", (name,))
        return next((position for (position,) in rows), 0)

    def save_reactor_position(self, name: str, position: int) -> None:
        """Raises Fault where it can't be written."""
        try:
            self._connection.execute(_SAVE_REACTOR, (name, position))
        except apsw.Error as error:
            raise translated(error, f"The position of {name} could not be saved") from error

    def wal_bytes(self) -> int:
        """The size of the write-ahead log's file; to be asked on any thread."""
        try:
            return 0 if self._wal is None else self._wal.stat().st_size
        except OSError:
            return 0

    def shrink_wal(self) -> bool:
        """Bring the write-ahead log into the database and empty it; False, at once, where a reader is in the way."""
        self._connection.set_busy_timeout(0)
        try:
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.Error:
            return False
        finally:
            self._connection.set_busy_timeout(BUSY_MS)
        return True

    def scrub(self) -> None:
        """As `shrink_wal`, but wait for readers. Raises Fault where one stays."""
        try:
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.Error as error:
            raise translated(error, "The log's write-ahead file could not be emptied") from error

    def close(self) -> None:
        self._connection.close()


def _give_up(connection: apsw.Connection) -> None:
    """A disk that refuses writes refuses those of closing too, and what went wrong first is what is told."""
    with contextlib.suppress(apsw.Error):
        connection.close(True)
