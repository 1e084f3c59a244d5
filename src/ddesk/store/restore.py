"""A backup becomes the log again. The log that was there is kept aside, and there is one or the other at any moment."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import apsw
from msgspec import Struct

from ddesk.errors import DeskError, Fault, Invalid
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.ids import new_id
from ddesk.events.log import LogRestored
from ddesk.paths import sync
from ddesk.store.backup import described, is_database
from ddesk.store.connection import open_database
from ddesk.store.event_log import EventLog
from ddesk.store.records import Append, Head, read_head

STREAM = "log"


class Restored(Struct, frozen=True):
    """Up to which event the backup reached, and where the log that was there lies now, if there was one."""

    head: Head
    kept: Path | None


def restore(backup: Path, log: Path, aside: Path, migrations: Path, at: int) -> Restored:
    """Nobody may have the log open. `at` is the time in microseconds since 1970, `aside` a folder on the same disk.

    Raises Invalid for what is no whole backup, Fault (LogTooNew among them) and OSError; the log is as it was then.
    """
    beside = log.with_name(f"{log.name}.restoring")
    try:
        _discard(beside)
        _copy(backup, beside)
        head = _prepared(backup, beside, migrations)
        kept = _kept_aside(log, aside, at)
        beside.replace(log)
        sync(log.parent)
    finally:
        _discard(beside)
    return Restored(head, kept)


def _discard(beside: Path) -> None:
    for left in beside.parent.glob(f"{beside.name}*"):
        left.unlink()


def _copy(backup: Path, beside: Path) -> None:
    """A log that someone copied by hand may have a write-ahead file with it."""
    if not is_database(backup):
        raise Invalid("no_backup", f"{backup} is no backup of a log.", "Choose a file that `ddesk backup` made.")
    shutil.copyfile(backup, beside)
    beside.chmod(0o600)
    ahead = Path(f"{backup}-wal")
    if ahead.exists():
        shutil.copyfile(ahead, Path(f"{beside}-wal"))


def _prepared(backup: Path, beside: Path, migrations: Path) -> Head:
    """Checked against its chain and the head that was written down beside it; its next event tells of the restoring."""
    log = EventLog.open(beside, migrations)
    try:
        facts = described(backup)
        found = log.verify(facts.head if facts else None)
        if not found.ok:
            where = "It" if found.position is None else f"Event {found.position}"
            raise Invalid("backup_damaged", f"{backup} is not whole. {where}: {found.why}.", "Use another backup.")
        told = LogRestored(head_position=found.head.position, head_hash=found.head.hash.hex())
        command = new_id()
        origin = Origin(command_id=command, correlation_id=command, actor="user")
        (outcome,) = log.append([Append(origin, {}, (NewEvent(STREAM, told),))])
        if isinstance(outcome, DeskError):
            raise outcome
    finally:
        log.close()
    sync(beside)
    return found.head


def _kept_aside(log: Path, aside: Path, at: int) -> Path | None:
    """Under a second name, so that it is never gone; first all of it is brought into its one file.

    Where it is too damaged for that, its write-ahead file goes along, as it must not meet the other log.
    """
    if not log.exists():
        return None
    stamp = datetime.fromtimestamp(at / 1e6, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    kept = aside / f"log-before-restore-{stamp}{_merged(log)}.db"
    try:
        kept.hardlink_to(log)
    except OSError:
        shutil.copyfile(log, kept)
        sync(kept)
    ahead = Path(f"{log}-wal")
    if ahead.exists():
        ahead.replace(f"{kept}-wal")
    Path(f"{log}-shm").unlink(missing_ok=True)
    sync(aside)
    sync(log.parent)
    return kept


def _merged(log: Path) -> str:
    """How far it reaches, for its name; nothing where that can't be read.

    SQLite would remove the write-ahead file of what is no database.
    """
    if not is_database(log):
        return ""
    try:
        connection = open_database(log, "log")
        try:
            return f"-at-{read_head(connection).position}"
        finally:
            connection.close(True)
    except (apsw.Error, Fault):
        return ""
