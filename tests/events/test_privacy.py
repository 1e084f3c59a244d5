"""Nobody can add a field for text without saying whether it is private."""

from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest
from msgspec import Struct

from ddesk.events import TYPES
from ddesk.events.privacy import PRIVATE_FIELDS, TEXT_FIELDS

pytestmark = pytest.mark.quick


def _holds_text(hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return False
    if isinstance(hint, type) and issubclass(hint, Struct):
        return any(map(_holds_text, get_type_hints(hint).values()))
    return hint in (str, bytes, Any) or any(map(_holds_text, get_args(hint)))


def _text_fields(struct: type[Any]) -> set[str]:
    hints = get_type_hints(struct)
    return {name for name in struct.__struct_fields__ if _holds_text(hints[name])}


@pytest.mark.parametrize("kind", TYPES)
def test_every_field_that_can_hold_text_is_classified_and_no_other(kind: str) -> None:
    assert set(TEXT_FIELDS.get(kind, {})) == _text_fields(TYPES[kind])


def test_nothing_is_classified_that_does_not_exist() -> None:
    assert set(TEXT_FIELDS) <= set(TYPES)


@pytest.mark.parametrize("kind", [kind for kind, fields in PRIVATE_FIELDS.items() if fields])
def test_every_private_field_has_a_default_for_when_it_is_forgotten(kind: str) -> None:
    required = {field.name for field in msgspec.structs.fields(TYPES[kind]) if field.required}
    assert not PRIVATE_FIELDS[kind] & required


class _Nested(Struct):
    choice: Literal["a"]
    remark: str


class _Example(Struct):
    count: int
    choice: Literal["a", "b"]
    words: str
    maybe: str | None
    many: tuple[str, ...]
    sizes: dict[str, float]
    numbers: tuple[int, ...]
    nested: tuple[_Nested, ...]
    anything: Any


def test_text_is_seen_wherever_it_can_hide() -> None:
    assert _text_fields(_Example) == {"words", "maybe", "many", "sizes", "nested", "anything"}
