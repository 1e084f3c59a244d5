"""Ids that sort by the time they were made: UUID version 7 (RFC 9562, section 5.7)."""

import os
import time
import uuid

_RANDOM_BITS = 74


def uuid7(unix_ms: int | None = None) -> uuid.UUID:
    """A new id for `unix_ms` (milliseconds since 1970), or for now."""
    ms = time.time_ns() // 1_000_000 if unix_ms is None else unix_ms
    random = int.from_bytes(os.urandom(10), "big") >> (80 - _RANDOM_BITS)
    return uuid.UUID(int=ms << 80 | 7 << 76 | random >> 62 << 64 | 0b10 << 62 | random & ((1 << 62) - 1))


def new_id(unix_ms: int | None = None) -> str:
    """A new id in its usual dashed spelling, as streams and addresses carry it."""
    return str(uuid7(unix_ms))


def unix_ms_of(id_: str) -> int:
    """The time in an id of version 7, in milliseconds since 1970."""
    return uuid.UUID(id_).int >> 80
