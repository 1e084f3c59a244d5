"""Copies of the log: made while it is being written, and checked before they count.

A backup is a file `log-<time>-at-<position>.db` with a small one beside it that tells of the head that it had: the
chain shows every change inside the copy, and the head whether its end was cut off.
"""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import apsw
import msgspec
from msgspec import Struct

from ddesk.errors import Fault
from ddesk.paths import sync, write_durably
from ddesk.store.connection import open_database
from ddesk.store.faults import translated
from ddesk.store.records import Head
from ddesk.store.verify import verify

_PAGES_A_STEP = 4096
_POSITION = re.compile(r"-at-(\d+)\.db")
_HEADER = b"SQLite format 3\0"
_FAILED = "The backup could not be made"
_ADVICE = "Is there room, and may the folder be written?"


class Backup(Struct, frozen=True, kw_only=True):
    """`position` and `hash` (hexadecimal) are those of its last event; `made_at` is in microseconds since 1970, UTC.

    `program` is the version that made it, `size` that of its file in bytes.
    """

    name: str
    position: int
    hash: str
    made_at: int
    program: str
    size: int

    @property
    def head(self) -> Head:
        return Head(self.position, bytes.fromhex(self.hash))


_read = msgspec.json.Decoder(Backup).decode


def make(log: Path, folder: Path, made_at: int, program: str) -> Backup:
    """Copy the log as it is at this moment into `folder`, which is made if only it is missing, and check the copy.

    Raises Fault where that can't be done or the copy isn't whole; nothing is left behind then.
    """
    part = folder / f".log-{os.getpid()}.part"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        part.unlink(missing_ok=True)
        _copy(log, part)
        made = _described(part, checked(part), made_at, program)
        part.replace(folder / made.name)
        write_durably(_facts(folder, made.name), msgspec.json.format(msgspec.json.encode(made)))
    except apsw.Error as error:
        raise translated(error, _FAILED) from error
    except OSError as error:
        raise Fault("backup_unwritable", f"{_FAILED}: {error}.", _ADVICE) from error
    finally:
        for left in folder.glob(f"{part.name}*"):
            left.unlink()
    return made


def _copy(log: Path, part: Path) -> None:
    """One snapshot, page by page: what is appended meanwhile waits for the next backup and doesn't begin this one anew.

    The copy is one file: it needs no write-ahead log.
    """
    source = open_database(log, "log-reader")
    copy = apsw.Connection(str(part))
    try:
        source.execute("BEGIN")
        source.execute("SELECT 1 FROM event LIMIT 1").fetchall()
        with copy.backup("main", source, "main") as backup:
            while not backup.done:
                backup.step(_PAGES_A_STEP)
        copy.pragma("journal_mode", "delete")
    finally:
        copy.close(True)
        source.close(True)
    part.chmod(0o600)
    sync(part)


def _described(part: Path, head: Head, made_at: int, program: str) -> Backup:
    stamp = datetime.fromtimestamp(made_at / 1e6, UTC).strftime("%Y%m%dT%H%M%SZ")
    return Backup(
        name=f"log-{stamp}-at-{head.position}.db",
        position=head.position,
        hash=head.hash.hex(),
        made_at=made_at,
        program=program,
        size=part.stat().st_size,
    )


def checked(path: Path, known: Head | None = None) -> Head:
    """The head of the log in the file, which nobody writes. Raises Fault where it isn't whole, up to a `known` head."""
    try:
        connection = apsw.Connection(
            f"{path.absolute().as_uri()}?immutable=1", apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        )
        try:
            found = verify(connection, known)
        finally:
            connection.close(True)
    except apsw.Error as error:
        raise translated(error, f"{path} can't be read") from error
    if found.ok:
        return found.head
    where = "It" if found.position is None else f"Event {found.position}"
    raise Fault("log_damaged", f"{path} is not whole. {where}: {found.why}.", "Use another backup.")


def is_database(path: Path) -> bool:
    """Raises OSError where it can't be read."""
    with path.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER


def described(path: Path) -> Backup | None:
    """What was written down beside a backup; None where nothing was, or nothing that can be read."""
    try:
        return _read(_facts(path.parent, path.name).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None


def backups_in(folder: Path) -> list[Backup]:
    """Those that were made there, the newest first."""
    found = [described(path) for path in folder.glob("log-*.db")]
    return sorted((each for each in found if each), key=lambda each: (each.made_at, each.position), reverse=True)


def drop_all_but(folder: Path, kept: int) -> list[str]:
    """Remove the oldest, so that so many stay; the names of what was removed. Raises Fault where that can't be done."""
    dropped = [each.name for each in backups_in(folder)[kept:]]
    try:
        for name in dropped:
            (folder / name).unlink()
            _facts(folder, name).unlink()
    except OSError as error:
        raise Fault("backup_unwritable", f"An older backup could not be removed: {error}.", _ADVICE) from error
    return dropped


def copies_holding(folder: Path, position: int, before: int) -> list[Path]:
    """The copies of the log, of whatever kind, that hold an event as it was until the position `before` changed it."""
    found = ((path, _POSITION.search(path.name)) for path in sorted(folder.glob("*.db")))
    return [path for path, at in found if at and position <= int(at[1]) < before]


def _facts(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"
