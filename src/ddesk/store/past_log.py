"""A log as it was at a position: opened to be looked at and never changed, also beside the desk that writes it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Self

import apsw
from msgspec import Struct

from ddesk.errors import Fault, Invalid, NotFound
from ddesk.events.envelope import Recorded
from ddesk.store.connection import open_database
from ddesk.store.faults import unreadable
from ddesk.store.migrate import APPLICATION_ID
from ddesk.store.records import CHUNK, COLUMNS, EMPTY, Head, Row, fetch, recorded
from ddesk.store.verify import Verification, verify

_NAME_IT = "Name a log.db, or an export of one, with --log."
_SQLITE = b"SQLite format 3\0"
_AFTER = f"SELECT {COLUMNS} FROM event WHERE position > ? AND position <= ? ORDER BY position LIMIT {CHUNK}"
_ONE = f"SELECT {COLUMNS} FROM event WHERE position = ?"
_CAUSES = "SELECT position, causation FROM event WHERE position > ? AND position <= ? AND causation >= ?"
_COUNTS = "SELECT type, schema, count(*) FROM event WHERE position <= ? GROUP BY type, schema ORDER BY type, schema"


class Damage(Struct, frozen=True):
    """An event whose stored text isn't one, and why."""

    position: int
    why: str


class PastLog:
    """Events that can't be read are passed over and kept in `damaged`: a log is replayed because something is wrong.

    Everything that reads raises Fault where the file itself can't be read.
    """

    def __init__(self, connection: apsw.Connection, end: int, damaged: dict[int, Damage]) -> None:
        self._connection = connection
        self.end = end
        self.damaged = damaged

    @classmethod
    def open(cls, path: Path, until: int | None = None) -> Self:
        """Up to `until`, or to where it ends now. Raises NotFound and Invalid, and Fault where it can't be read."""
        _refuse_others(path)
        connection = open_database(path, "log-reader")
        try:
            last = _last(connection, path)
            return cls(connection, last if until is None else _within(until, last), {})
        except apsw.Error as error:
            connection.close(True)
            raise unreadable(error) from error
        except BaseException:
            connection.close(True)
            raise

    def up_to(self, position: int) -> "PastLog":
        """The same log as it was earlier. Raises Invalid for a position that this one doesn't reach."""
        return PastLog(self._connection, _within(position, self.end), self.damaged)

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Recorded]:
        """The events at positions after < position ≤ until, in order, as far as they can be read."""
        last = self.end if until is None else min(until, self.end)
        while rows := fetch(self._connection, _AFTER, (after, last)):
            yield from (event for row in rows if (event := self._recorded(row)))
            after = rows[-1][0]

    def at(self, position: int) -> Recorded | None:
        """None where there is none, or none that can be read."""
        rows = fetch(self._connection, _ONE, (position,)) if position <= self.end else []
        return next((self._recorded(row) for row in rows), None)

    def _recorded(self, row: Row) -> Recorded | None:
        try:
            return recorded(row)
        except Fault as wrong:
            self.damaged[row[0]] = Damage(row[0], str(wrong.__cause__))
            return None

    def hash_at(self, position: int) -> bytes | None:
        """Of nothing at all for 0; None where there is no such event."""
        rows = fetch(self._connection, "SELECT hash FROM event WHERE position = ?", (position,))
        return EMPTY.hash if position == 0 else next((hash_ for (hash_,) in rows), None)

    @property
    def head(self) -> Head:
        return Head(self.end, self.hash_at(self.end) or b"")

    def counts(self) -> list[tuple[str, int, int]]:
        """How many events there are of each type and schema version."""
        return [(kind, schema, count) for kind, schema, count in fetch(self._connection, _COUNTS, (self.end,))]

    def effects(self, position: int) -> list[Recorded]:
        """All that the event led to, directly or by what it led to, in order."""
        led_to = {position}
        for later, cause in fetch(self._connection, _CAUSES, (position, self.end, position)):
            if cause in led_to:
                led_to.add(later)
        return [event for each in sorted(led_to - {position}) if (event := self.at(each))]

    def verify(self) -> Verification:
        """The whole log, also past its `end` here."""
        again = partial(open_database, self._connection.filename, "log-reader")
        return verify(self._connection, open_again=again)

    def close(self) -> None:
        self._connection.close()


def _refuse_others(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(_SQLITE))
    except OSError as wrong:
        raise NotFound(
            "no_log", f"There is no log at {path}: {wrong.strerror}.", "Name the file with --log."
        ) from wrong
    if start != _SQLITE:
        raise _no_log(path)


def _last(connection: apsw.Connection, path: Path) -> int:
    if connection.pragma("application_id") != APPLICATION_ID:
        raise _no_log(path)
    position: int = fetch(connection, "SELECT coalesce(max(position), 0) FROM event")[0][0]
    return position


def _no_log(path: Path) -> Invalid:
    return Invalid("log_foreign", f"{path} is no log of this program.", _NAME_IT)


def _within(position: int, end: int) -> int:
    if not 0 <= position <= end:
        raise Invalid("no_such_position", f"There is no event {position}: the log has {end}.", f"Choose 0 to {end}.")
    return position
