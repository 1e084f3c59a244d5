"""The log as a text file: one JSON object a line, which can be read without the desk and taken in by another.

The first line tells what the file holds, the last what was left out; a file that lacks its last line was cut off.
Between them stands one event a line, with all that its hash is made of. A private part that was left out leaves its
hash, so that the chain still checks.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import apsw
import msgspec
from msgspec import Raw, Struct

from ddesk.errors import Invalid
from ddesk.events.redaction import Kind, is_redacted
from ddesk.paths import replaced_durably
from ddesk.store.faults import unreadable
from ddesk.store.records import Row, read_head

FORMAT = 1


class Selection(Struct, frozen=True, kw_only=True):
    """The events at positions first ≤ position ≤ last (the log's end where that is None), of one stream or all."""

    first: int = 1
    last: int | None = None
    stream: str | None = None
    redacted: frozenset[Kind] = frozenset()


class Head(Struct, frozen=True, kw_only=True, tag_field="line", tag="head"):
    """`head_position` and `head_hash` (hexadecimal) are those of the last event in the file.

    `whole`: it holds every event up to there. `reactors` tell how far each had come, as nothing is reacted to twice.
    """

    format: int
    program: str
    exported_at: str
    first: int
    head_position: int
    head_hash: str
    whole: bool
    stream: str | None
    redacted: list[Kind]
    reactors: dict[str, int]


class Line(Struct, frozen=True, kw_only=True, tag_field="line", tag="event"):
    """An event. Hashes, `event_id` and `salt` are in hexadecimal, `recorded_at` is in microseconds since 1970, UTC.

    `data` and `private` stand here byte for byte as they were hashed.
    """

    position: int
    stream: str
    version: int
    type: str
    schema: int
    recorded_at: int
    event_id: str
    command_id: str
    causation: int | None
    correlation_id: str
    actor: str
    data: Raw
    private: Raw
    salt: str | None
    data_hash: str
    private_hash: str | None
    hash: str
    redacted: bool = False


class LeftOut(Struct, kw_only=True):
    """So many events of one type lost their private parts, the first and the last of them at these positions."""

    events: int = 0
    first: int = 0
    last: int = 0


class End(Struct, frozen=True, kw_only=True, tag_field="line", tag="end"):
    """`left_out` by event type."""

    events: int
    left_out: dict[str, LeftOut]


_encode = msgspec.json.Encoder().encode
_NULL = Raw(b"null")


def export(connection: apsw.Connection, target: Path, wanted: Selection, program: str, at: int) -> End:
    """Write it durably: the file at `target` is whole or as it was before.

    `at` is the time in microseconds since 1970. Raises Invalid for a selection without any event, OSError, and Fault.
    """
    try:
        connection.execute("BEGIN")  # one state of the log, whatever is appended or forgotten meanwhile
        head = _head(connection, wanted, program, at)
        with replaced_durably(target) as file:
            return _write(connection, file, wanted, head)
    except (apsw.Error, UnicodeDecodeError) as error:
        raise unreadable(error) from error
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _head(connection: apsw.Connection, wanted: Selection, program: str, at: int) -> Head:
    row = connection.execute(
        f"SELECT position, hash FROM event {_where(wanted)} DESC LIMIT 1", _values(wanted)
    ).fetchone()
    if row is None:
        reached = read_head(connection).position
        raise Invalid("nothing_to_export", f"There is no such event; the log reaches {reached}.", "Ask for others.")
    position, hash_ = row
    return Head(
        format=FORMAT,
        program=program,
        exported_at=datetime.fromtimestamp(at / 1e6, UTC).isoformat(timespec="seconds"),
        first=wanted.first,
        head_position=position,
        head_hash=hash_.hex(),
        whole=wanted.first <= 1 and wanted.stream is None,
        stream=wanted.stream,
        redacted=sorted(wanted.redacted),
        reactors=dict(connection.execute("SELECT name, position FROM reactor")),
    )


def _write(connection: apsw.Connection, file: BinaryIO, wanted: Selection, head: Head) -> End:
    left_out: dict[str, LeftOut] = {}
    events = 0
    _write_line(file, head)
    for row in connection.execute(f"SELECT * FROM event {_where(wanted)}", _values(wanted)):
        events += 1
        redacted = row[12] is not None and is_redacted(row[3], wanted.redacted)
        if redacted:
            _count(left_out.setdefault(row[3], LeftOut(first=row[0])), row[0])
        _write_line(file, _line(row, redacted=redacted))
    end = End(events=events, left_out=left_out)
    _write_line(file, end)
    return end


def _where(wanted: Selection) -> str:
    return f"WHERE position BETWEEN ? AND ? {'AND stream = ?' if wanted.stream else ''} ORDER BY position"


def _values(wanted: Selection) -> Sequence[int | str]:
    last = (1 << 63) - 1 if wanted.last is None else wanted.last
    return (wanted.first, last, *([wanted.stream] if wanted.stream else []))


def _count(left_out: LeftOut, position: int) -> None:
    left_out.events += 1
    left_out.last = position


def _write_line(file: BinaryIO, line: Head | Line | End) -> None:
    file.write(_encode(line) + b"\n")


def _line(row: Row, *, redacted: bool) -> Line:
    *envelope, event_id, command, cause, correlation, actor, data, private, salt, of_data, of_private, hash_ = row
    position, stream, version, kind, schema, recorded_at = envelope
    return Line(
        position=position,
        stream=stream,
        version=version,
        type=kind,
        schema=schema,
        recorded_at=recorded_at,
        event_id=event_id.hex(),
        command_id=command,
        causation=cause,
        correlation_id=correlation,
        actor=actor,
        data=Raw(data.encode()),
        private=_NULL if private is None or redacted else Raw(private.encode()),
        salt=None if salt is None or redacted else salt.hex(),
        data_hash=of_data.hex(),
        private_hash=of_private.hex() if of_private else None,
        hash=hash_.hex(),
        redacted=redacted,
    )


_decode = msgspec.json.Decoder(Head | Line | End).decode


def lines(file: BinaryIO) -> Iterator[tuple[int, Head | Line | End]]:
    """Each line with its number, from 1. Raises Invalid for one that isn't of such a file."""
    for number, text in enumerate(file, 1):
        try:
            yield number, _decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
            raise Invalid(
                "bad_export", f"Line {number} is none that an export has: {wrong}.", "Export the log again."
            ) from wrong


def row_of(line: Line) -> Row:
    """As the log stores it. Raises ValueError where a column holds what it never can."""
    private = bytes(line.private).decode()
    return (
        line.position,
        line.stream,
        line.version,
        line.type,
        line.schema,
        line.recorded_at,
        bytes.fromhex(line.event_id),
        line.command_id,
        line.causation,
        line.correlation_id,
        line.actor,
        bytes(line.data).decode(),
        None if private == "null" else private,
        None if line.salt is None else bytes.fromhex(line.salt),
        bytes.fromhex(line.data_hash),
        None if line.private_hash is None else bytes.fromhex(line.private_hash),
        bytes.fromhex(line.hash),
    )
