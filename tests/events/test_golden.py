"""Every shape in which an event was ever written still reads as the same facts.

`golden/` holds one line for each (type, schema version) and for its variants: the texts as they were stored, and the
fields that they stand for today. Lines are added and never removed; where an upcaster or a new field changes what a
line stands for, its `event` changes and its `data` and `private` don't.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from ddesk.events import TYPES
from ddesk.events.codec import decode, encode
from ddesk.events.upcast import UPCASTERS, current_schema

pytestmark = pytest.mark.quick


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    type: str
    schema: int
    data: str
    private: str | None
    event: dict[str, Any]


def _lines() -> Iterator[Any]:
    for file in sorted(Path(__file__).with_name("golden").glob("*.jsonl")):
        for number, text in enumerate(file.read_text("utf-8").splitlines(), 1):
            line = msgspec.json.decode(text, type=Line)
            yield pytest.param(line, id=f"{file.name}:{number}:{line.type}")


LINES = list(_lines())
CURRENT = [line for line in LINES if line.values[0].schema == current_schema(line.values[0].type)]


@pytest.mark.parametrize("line", LINES)
def test_it_reads_as_the_same_facts(line: Line) -> None:
    found = decode(line.type, line.schema, line.data, line.private)
    assert found == msgspec.convert(line.event, TYPES[line.type])
    assert set(line.event) == set(found.__struct_fields__)


@pytest.mark.parametrize("line", CURRENT)
def test_it_is_still_written_the_same_way(line: Line) -> None:
    """But for optional fields that it had not got yet, whether their defaults are written or left out."""
    event = msgspec.convert(line.event, TYPES[line.type])
    stored = encode(event)
    assert stored.schema == line.schema
    assert _filled_up(_fields(stored.data), line.event) == _filled_up(_fields(line.data), line.event)
    assert _fields(stored.private or "null") == _fields(line.private or "null")


def _filled_up(written: Any, event: Any) -> Any:
    """With all that the event has and was not written, down to the fields of what it holds."""
    if not (isinstance(written, dict) and isinstance(event, dict)):
        return written
    return {**event, **{name: _filled_up(value, event.get(name)) for name, value in written.items()}}


def _fields(text: str) -> Any:
    return msgspec.json.decode(text)


def test_every_type_and_schema_version_is_here() -> None:
    here = {(line.values[0].type, line.values[0].schema) for line in LINES}
    ever_written = {(kind, current_schema(kind)) for kind in TYPES} | set(UPCASTERS)
    assert ever_written <= here, f"add a line to tests/events/golden for each of {sorted(ever_written - here)}"
