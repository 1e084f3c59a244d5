"""Older shapes of events, brought to today's when they are read.

An upcaster takes the fields of one (type, schema version), private ones among them, and returns those of the next
version. What is stored never changes.
"""

from collections.abc import Callable, Mapping
from typing import Any

Fields = dict[str, Any]

UPCASTERS: Mapping[tuple[str, int], Callable[[Fields], Fields]] = {}


def current_schema(kind: str) -> int:
    """The schema version that events of this type are written in: 1, and one more for each upcaster."""
    version = 1
    while (kind, version) in UPCASTERS:
        version += 1
    return version


def upcast(kind: str, schema: int, fields: Fields) -> Fields:
    while upcaster := UPCASTERS.get((kind, schema)):
        fields = upcaster(fields)
        schema += 1
    return fields
