"""Ids that sort by the time they were made: UUID version 7 (RFC 9562, section 5.7)."""

import os
import time
import uuid

_LOW = (1 << 62) - 1


def uuid7(unix_ms: int | None = None) -> uuid.UUID:
    """A new id for `unix_ms` (milliseconds since 1970), or for now."""
    return uuid.UUID(int=_uuid7(time.time_ns() // 1_000_000 if unix_ms is None else unix_ms))


def uuid7_bytes(unix_ms: int) -> bytes:
    """A new id for `unix_ms` in its 16 bytes."""
    return _uuid7(unix_ms).to_bytes(16, "big")


def _uuid7(unix_ms: int) -> int:
    """48 bits of time, the version, 12 random bits, the variant, 62 random bits."""
    random = int.from_bytes(os.urandom(10), "big")
    return unix_ms << 80 | 7 << 76 | random >> 68 << 64 | 0b10 << 62 | random & _LOW


def new_id(unix_ms: int | None = None) -> str:
    """A new id in its usual dashed spelling, as streams and addresses carry it."""
    return str(uuid7(unix_ms))


def unix_ms_of(id_: str) -> int:
    """The time in an id of version 7, in milliseconds since 1970."""
    return uuid.UUID(id_).int >> 80
