"""Ids that sort by the time they were made: UUID version 7 (RFC 9562, section 5.7)."""

import itertools
import os
import time
import uuid
from collections.abc import Iterator

_VERSION_AND_VARIANT = 7 << 76 | 0b10 << 62
_ROOM_TO_COUNT = 1 << 61
"""The highest random bit, left clear where ids count up, so that they never run into the variant."""

_RANDOM = (1 << 80) - 1 & ~(0xF << 76 | 0b11 << 62)


def uuid7(unix_ms: int | None = None) -> uuid.UUID:
    """A new id for `unix_ms` (milliseconds since 1970), or for now."""
    return uuid.UUID(int=_uuid7(time.time_ns() // 1_000_000 if unix_ms is None else unix_ms))


def uuid7_run(unix_ms: int) -> Iterator[bytes]:
    """New ids for `unix_ms` in their 16 bytes, each sorting after the one before (section 6.2, method 2)."""
    first = _uuid7(unix_ms) & ~_ROOM_TO_COUNT
    return (number.to_bytes(16, "big") for number in itertools.count(first))


def _uuid7(unix_ms: int) -> int:
    """48 bits of time, then the version and the variant, each followed by random bits."""
    return unix_ms << 80 | _VERSION_AND_VARIANT | int.from_bytes(os.urandom(10), "big") & _RANDOM


def new_id(unix_ms: int | None = None) -> str:
    """A new id in its usual dashed spelling, as streams and addresses carry it."""
    return str(uuid7(unix_ms))


def unix_ms_of(id_: str) -> int:
    """The time in an id of version 7, in milliseconds since 1970."""
    return uuid.UUID(id_).int >> 80
