"""The log's schema: numbered SQL files, each applied once, as a whole or not at all."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import apsw

from ddesk.errors import Fault, LogTooNew
from ddesk.paths import sync
from ddesk.store.connection import Location, in_memory
from ddesk.store.faults import translated

APPLICATION_ID = 0x44446573
"""Stands in the header of every log, so that another program's database is never taken for one."""


class Migration(NamedTuple):
    number: int
    path: Path


def migrate(connection: apsw.Connection, location: Location, folder: Path) -> None:
    """Bring the log at `location` to the newest schema; a log with something in it is copied to `backups/` first.

    Raises LogTooNew for a log of a later version, and Fault for what is no log, or can't be copied or written.
    """
    migrations = _migrations(folder)
    try:
        found = _schema_of(connection, location)
        if found > len(migrations):
            raise LogTooNew(
                "log_too_new",
                f"This log was written by a later version of the program (its schema is {found}, "
                f"this program knows {len(migrations)}). Nothing was changed.",
                "Start the newer version, or choose another data directory.",
            )
        if 0 < found < len(migrations) and not in_memory(location):
            _keep_copy(connection, Path(location), found)
        for migration in migrations[found:]:
            _apply(connection, migration)
    except (apsw.Error, OSError) as error:
        raise _failed(error, location) from error


def _migrations(folder: Path) -> list[Migration]:
    found = [Migration(int(path.name.split("-")[0]), path) for path in sorted(folder.glob("*.sql"))]
    if not found or [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise Fault("migrations_missing", f"The program is incomplete: {folder} lacks its migrations.", "Reinstall it.")
    return found


def _schema_of(connection: apsw.Connection, location: Location) -> int:
    version = int(connection.pragma("user_version"))
    empty = version == 0 and connection.execute("SELECT count(*) FROM sqlite_schema").get == 0
    if not empty and connection.pragma("application_id") != APPLICATION_ID:
        raise Fault("log_foreign", f"{location} is another program's database.", "Choose another data directory.")
    return version


def _apply(connection: apsw.Connection, migration: Migration) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if connection.pragma("user_version") < migration.number:
            for statement in statements(migration.path.read_text(encoding="utf-8")):
                connection.execute(statement)
            connection.pragma("user_version", migration.number)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one; a trigger's semicolons don't end it."""
    statement = ""
    for piece in re.split("(?<=;)", script):
        statement += piece
        if apsw.complete(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement


def _keep_copy(connection: apsw.Connection, path: Path, schema: int) -> None:
    """A copy that is whole, or not there: written beside, synced, then renamed."""
    folder = path.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    head = connection.execute("SELECT coalesce(max(position), 0) FROM event").get
    kept = folder / f"log-schema-{schema}-at-{head}.db"
    part = kept.with_suffix(".part")
    part.unlink(missing_ok=True)
    _copy(connection, part)
    sync(part)
    part.replace(kept)
    sync(folder)


def _copy(connection: apsw.Connection, path: Path) -> None:
    """Raises apsw.Error. A backup that is left by `with` would hide it behind a SystemError."""
    copy = apsw.Connection(str(path))
    try:
        backup = copy.backup("main", connection, "main")
        try:
            backup.step()
        finally:
            backup.close(True)
    finally:
        copy.close(True)


def _failed(error: apsw.Error | OSError, location: Location) -> Fault:
    what = f"The log {location} could not be prepared"
    if isinstance(error, OSError):
        return Fault("log_unwritable", f"{what}: {error}.", "Look at the disk and at who may write the data directory.")
    return translated(error, what)
