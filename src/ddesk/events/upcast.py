"""Older shapes of events, brought to today's when they are read.

An upcaster takes the fields of one (type, schema version), private ones among them, and returns those of the next
version. What is stored never changes.
"""

from collections.abc import Callable, Mapping
from typing import Any

Fields = dict[str, Any]


def _preset_in_one_piece(fields: Fields) -> Fields:
    """What a preset consists of became one value, which later events of it replace as a whole."""
    notes = fields.pop("notes", "")
    return {"content": fields, "notes": notes}


def _engine_in_one_piece(fields: Fields) -> Fields:
    """The facts of the engine became one value that can be compared; the device was not written down before."""
    name, version, backend = (fields.pop(each) for each in ("engine", "engine_version", "backend"))
    return {**fields, "engine": {"name": name, "version": version, "backend": backend}}


def _many_subjects(fields: Fields) -> Fields:
    """A job may be about any number of things."""
    return {**fields, "subjects": [fields.pop("subject")]}


UPCASTERS: Mapping[tuple[str, int], Callable[[Fields], Fields]] = {
    ("ImagePresetCreated", 1): _preset_in_one_piece,
    ("GenerationStarted", 1): _engine_in_one_piece,
    ("JobEnqueued", 1): _many_subjects,
}


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
