"""A log from an export: every line is checked while it is read, and only a whole one becomes the log."""

from array import array
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import apsw

from ddesk.domain.log import forgetting
from ddesk.errors import DeskError, Fault, Invalid
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.ids import new_id
from ddesk.events.log import DataForgotten, LogImported
from ddesk.paths import sync
from ddesk.store.connection import open_database
from ddesk.store.event_log import EventLog
from ddesk.store.export import FORMAT, End, Head, Line, lines, row_of
from ddesk.store.faults import translated
from ddesk.store.migrate import migrate
from ddesk.store.records import EMPTY, Append, Appended, Row, recorded
from ddesk.store.records import Head as LogHead
from ddesk.store.verify import flaw

STREAM = "log"
_INSERT_EVENT = f"INSERT INTO event VALUES ({', '.join('?' * 17)})"
_INSERT_COMMANDS = "INSERT INTO command SELECT command_id, min(position), max(position) FROM event GROUP BY command_id"
_ADVICE = "Export the log again."


def import_log(source: Path, log: Path, migrations: Path) -> tuple[Head, int]:
    """Make the log at `log`, where there is none yet, from the export at `source`.

    What its first line says, and how many private parts it lacks. These are named by DataForgotten events: from this
    log they are gone for good. Raises Invalid naming the line that isn't as it was exported, Fault and OSError; there
    is no log then.
    """
    beside = log.with_name(f"{log.name}.importing")
    try:
        _discard(beside)
        head, left_out = _read(source, beside, migrations)
        _tell(beside, migrations, head, left_out)
        sync(beside)
        beside.rename(log)
        sync(log.parent)
    except apsw.Error as error:
        raise translated(error, "The log could not be imported") from error
    finally:
        _discard(beside)
    return head, len(left_out)


def _discard(beside: Path) -> None:
    for left in beside.parent.glob(f"{beside.name}*"):
        left.unlink()


def _read(source: Path, beside: Path, migrations: Path) -> tuple[Head, "array[int]"]:
    """Nothing is synced before the end: nobody opens the file until it is whole."""
    connection = open_database(beside, "read-building")
    try:
        migrate(connection, beside, migrations)
        connection.execute("BEGIN")
        with source.open("rb") as file:
            numbered = lines(file)
            head = _head(numbered)
            taking = _Taking(connection)
            taking.run(numbered, head)
            connection.execute(_INSERT_COMMANDS)
            connection.executemany("INSERT INTO reactor VALUES (?, ?)", head.reactors.items())
        connection.execute("COMMIT")
        return head, taking.left_out
    finally:
        connection.close(True)


def _head(numbered: Iterator[tuple[int, Head | Line | End]]) -> Head:
    _, head = next(numbered, (0, None))
    if not isinstance(head, Head):
        raise _bad(1, "it should tell what the file holds")
    if head.format > FORMAT:
        raise Fault("export_too_new", "A later version of the program wrote this export.", "Start the newer version.")
    if not head.whole:
        what = f"events {head.first} to {head.head_position}{f' of {head.stream}' if head.stream else ''}"
        raise Invalid(
            "partial_export",
            f"This export is a part of a log ({what}), from which no desk can be made.",
            "Export without --from and --stream.",
        )
    return head


def _bad(number: int, why: str) -> Invalid:
    return Invalid("bad_export", f"Line {number} is not as it was exported: {why}.", _ADVICE)


class _Taking:
    """Takes event after event into the new log, each checked against the chain, up to the line that ends the file."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._at = EMPTY
        self._bare: set[int] = set()
        self._left_out_by_type: Counter[str] = Counter()
        self.left_out = array("q")

    def run(self, numbered: Iterator[tuple[int, Head | Line | End]], head: Head) -> None:
        for number, line in numbered:
            if isinstance(line, Line):
                self._take(number, line)
            else:
                self._end(number, line, head)
                break
        else:
            raise Invalid("export_cut_off", f"The export ends after event {self._at.position}, unfinished.", _ADVICE)
        for number, _ in numbered:
            raise _bad(number, "nothing should follow the last line")

    def _take(self, number: int, line: Line) -> None:
        try:
            row = row_of(line)
        except ValueError as wrong:
            raise _bad(number, f"a column holds what it never can: {wrong}") from wrong
        if why := flaw(row, self._at.position + 1, self._at.hash):
            raise _bad(number, why)
        try:
            self._connection.execute(_INSERT_EVENT, row)
        except apsw.ConstraintError as wrong:
            raise _bad(number, str(wrong)) from wrong
        self._at = LogHead(row[0], row[-1])
        self._follow_private(row, redacted=line.redacted)

    def _follow_private(self, row: Row, *, redacted: bool) -> None:
        """What lacks its private part was left out of the export, or was forgotten before by an event that follows."""
        if row[12] is None and row[15] is not None:
            if redacted:
                self.left_out.append(row[0])
                self._left_out_by_type[row[3]] += 1
            else:
                self._bare.add(row[0])
        if row[3] == DataForgotten.__name__ and isinstance(event := recorded(row[:13]).event, DataForgotten):
            self._bare.difference_update(event.positions)

    def _end(self, number: int, line: Head | End, head: Head) -> None:
        if not isinstance(line, End):
            raise _bad(number, "a second beginning")
        if (self._at.position, self._at.hash.hex()) != (head.head_position, head.head_hash):
            raise _bad(number, f"the events end at {self._at.position}, not at the {head.head_position} of line 1")
        if self._bare:
            raise _bad(min(self._bare) + 1, "its private part is gone, and nothing says that it was left out")
        told = {kind: each.events for kind, each in line.left_out.items()}
        if told != self._left_out_by_type:
            raise _bad(number, "it counts other private parts as left out than the events do")


def _tell(beside: Path, migrations: Path, head: Head, left_out: "array[int]") -> None:
    """Where the log comes from, and what it lacks, as its next events."""
    told = LogImported(
        head_position=head.head_position,
        head_hash=head.head_hash,
        program=head.program,
        redacted=tuple(head.redacted),
    )
    command = new_id()
    origin = Origin(command_id=command, correlation_id=command, actor="user")
    log = EventLog.open(beside, migrations)
    try:
        (outcome,) = log.append(
            [Append(origin, {}, tuple(NewEvent(STREAM, each) for each in (told, *forgetting(left_out))))]
        )
    finally:
        log.close()
    if isinstance(outcome, DeskError):
        raise outcome
    assert isinstance(outcome, Appended)
