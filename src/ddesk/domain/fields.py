"""What can be edited of a preset, field by field, however deep a field lies."""

from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import asdict, replace

Edited = TypeVar("Edited", bound=Struct)


def fields(edit: Struct) -> dict[str, Any]:
    """All that can be edited, by its name, which nothing else within has."""
    found: dict[str, Any] = {}
    for name, value in asdict(edit).items():
        found |= fields(value) if isinstance(value, Struct) else {name: value}
    return found


def with_fields(edit: Edited, changed: dict[str, Any]) -> Edited:
    """With all of its fields from `changed`."""
    values = {
        name: with_fields(value, changed) if isinstance(value, Struct) else changed[name]
        for name, value in asdict(edit).items()
    }
    return replace(edit, **values)
