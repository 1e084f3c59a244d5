"""The only way in which a database is opened: APSW, known settings, each of them read back.

SQLite ignores a pragma that it doesn't know or can't follow, and a log that only seems to be durable is worse than
none. Statements run one at a time: APSW runs a string of several lazily, and may never reach the last.
"""

import itertools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import apsw

from ddesk.errors import Fault
from ddesk.store.faults import translated

Profile = Literal["log", "log-reader", "read", "read-reader", "read-building"]
Setting = int | str
Location = Path | str
"""A file, or the address of a database in memory (`shared_memory`)."""

BUSY_MS = 5000
WAL_KEPT_BYTES = 16 << 20
"""What stays of a write-ahead log's file once its content has reached the database."""


class _Setup(NamedTuple):
    flags: int
    pragmas: Mapping[str, Setting]


_WRITE = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
_OFF, _NORMAL, _FULL = 0, 1, 2
_ALWAYS: Mapping[str, Setting] = {"trusted_schema": 0, "cell_size_check": 1, "temp_store": 2}
# The trigger that lets something be forgotten asks which event names it: that is among the newest, so it begins there.
_NEWEST_FIRST: Mapping[str, Setting] = {"reverse_unordered_selects": 1}
# What is forgotten is overwritten where it lay.
_FORGETFUL: Mapping[str, Setting] = {"secure_delete": 1}
_WAL: Mapping[str, Setting] = {
    "journal_mode": "wal",
    "wal_autocheckpoint": 1000,
    "journal_size_limit": WAL_KEPT_BYTES,
    "cache_size": -8000,
}
# What macOS calls fsync leaves the data in the drive's cache; fullfsync doesn't.
_DURABLE: Mapping[str, Setting] = {"synchronous": _FULL, "fullfsync": 1, "checkpoint_fullfsync": 1}
_READER = _Setup(apsw.SQLITE_OPEN_READONLY, {"query_only": 1, "cache_size": -4000})
_SETUPS: Mapping[Profile, _Setup] = {
    "log": _Setup(_WRITE, {**_WAL, **_DURABLE, **_FORGETFUL, **_NEWEST_FIRST, "recursive_triggers": 1}),
    "log-reader": _READER,
    "read": _Setup(_WRITE, {**_WAL, **_FORGETFUL, "synchronous": _NORMAL}),
    "read-reader": _READER,
    "read-building": _Setup(_WRITE, {"journal_mode": "off", "synchronous": _OFF, "cache_size": -64000}),
}

_memory_names = itertools.count(1)


def shared_memory() -> str:
    """The address of a new database in memory, which every connection of this process can open while one is open."""
    return f"file:/ddesk-{os.getpid()}-{next(_memory_names)}?vfs=memdb"


def in_memory(location: Location) -> bool:
    return isinstance(location, str) and location.startswith("file:") and location.endswith("?vfs=memdb")


def open_database(path: Location, profile: Profile, vfs: str | None = None) -> apsw.Connection:
    """`vfs` names a registered layer between SQLite and the file system, in place of the usual one.

    Raises Fault where it can't be opened, or doesn't take a setting that the profile stands on.
    """
    setup = _SETUPS[profile]
    flags = setup.flags | apsw.SQLITE_OPEN_URI if in_memory(path) else setup.flags
    try:
        connection = apsw.Connection(str(path), flags, vfs)
    except apsw.Error as error:
        raise translated(error, f"{path} could not be opened") from error
    try:
        connection.set_busy_timeout(BUSY_MS)
        _apply(connection, _for_memory(setup.pragmas) if in_memory(path) else setup.pragmas)
    except apsw.Error as error:
        connection.close(True)
        raise translated(error, f"{path} could not be opened") from error
    except BaseException:
        connection.close(True)
        raise
    return connection


def _apply(connection: apsw.Connection, pragmas: Mapping[str, Setting]) -> None:
    for name, wanted in {**_ALWAYS, **pragmas}.items():
        connection.pragma(name, wanted)
        found = connection.pragma(name)
        if found != wanted:
            raise Fault(
                "database_setting",
                f"The database would not take the setting {name} = {wanted}; it has {found}.",
                "Put the data directory on a local disk of this machine.",
            )


def _for_memory(pragmas: Mapping[str, Setting]) -> Mapping[str, Setting]:
    return {**pragmas, "journal_mode": "memory"} if "journal_mode" in pragmas else pragmas
