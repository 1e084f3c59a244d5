"""The raw limit of appending: rows of the same size, encoded by the same codec, into one table and nothing else."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from ddesk.events.chain import SALT_BYTES
from ddesk.events.codec import encode
from ddesk.events.ids import uuid7_run
from ddesk.store.connection import open_database
from ddesk.store.writer import Append

_TABLE = """
CREATE TABLE event (
    position INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL,
    schema INTEGER NOT NULL, recorded_at INTEGER NOT NULL, event_id BLOB NOT NULL, command_id TEXT NOT NULL,
    causation INTEGER, correlation_id TEXT NOT NULL, actor TEXT NOT NULL, data TEXT NOT NULL, private TEXT,
    salt BLOB, data_hash BLOB NOT NULL, private_hash BLOB, hash BLOB NOT NULL, UNIQUE (stream, version)
) STRICT
"""
_SALT, _HASH = bytes(SALT_BYTES), bytes(32)
_INSERT = f"INSERT INTO event VALUES ({', '.join('?' * 17)})"


class BareTable:
    """Nothing hashed, no triggers, no commands, no other index; just as durable."""

    def __init__(self, path: Path) -> None:
        self._connection = open_database(path, "log")
        self._connection.execute(_TABLE)
        self._versions: dict[str, int] = {}
        self._positions = count(1)

    def append(self, batch: Sequence[Append]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(_INSERT, list(self._rows(batch)))
        self._connection.execute("COMMIT")

    def _rows(self, batch: Sequence[Append]) -> Iterator[tuple[Any, ...]]:
        now = 1_700_000_000_000_000
        ids = uuid7_run(now // 1000)
        for append in batch:
            origin = append.origin
            by = (origin.command_id, origin.causation, origin.correlation_id, origin.actor)
            for new in append.events:
                kind, schema, data, private = encode(new.event)
                version = self._versions[new.stream] = self._versions.get(new.stream, 0) + 1
                envelope = (next(self._positions), new.stream, version, kind, schema, now, next(ids), *by)
                hidden = (None, _HASH, None) if private is None else (_SALT, _HASH, _HASH)
                yield (*envelope, data, private, *hidden, _HASH)

    def close(self) -> None:
        self._connection.close()
