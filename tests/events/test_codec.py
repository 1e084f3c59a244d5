import math

import msgspec
import pytest
from hypothesis import given

from ddesk.errors import DeskError
from ddesk.events import TYPES, Event, codec, upcast
from ddesk.events.codec import UnknownEvent, decode, encode
from ddesk.events.generation import GenerationCompleted, GenerationRetried
from ddesk.events.image import ImageMissing
from ddesk.events.job import JobFailed
from ddesk.events.privacy import PRIVATE_FIELDS
from ddesk.events.worker import WorkerLost
from tests.events.strategies import events, of_struct

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_encoded_decodes_to_the_same_event(kind: str) -> None:
    @given(of_struct(TYPES[kind]))
    def same(event: Event) -> None:
        assert decode(*encode(event)) == event

    same()


@given(events())
def test_private_fields_are_stored_apart_and_nowhere_else(event: Event) -> None:
    stored = encode(event)
    private = PRIVATE_FIELDS.get(stored.type, frozenset())
    assert set(msgspec.json.decode(stored.private or "{}")) == private
    assert set(msgspec.json.decode(stored.data)) == set(msgspec.to_builtins(event)) - {"type"} - private


@given(events(*(TYPES[kind] for kind, fields in PRIVATE_FIELDS.items() if fields)))
def test_a_forgotten_private_part_leaves_the_defaults(event: Event) -> None:
    stored = encode(event)
    left = decode(stored.type, stored.schema, stored.data, None)
    blank = {each.name: each.default for each in msgspec.structs.fields(type(event)) if not each.required}
    blank = {name: default for name, default in blank.items() if name in PRIVATE_FIELDS[stored.type]}
    assert left == msgspec.structs.replace(event, **blank)


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_lacks_is_refused_and_not_stored_as_null(seconds: float) -> None:
    with pytest.raises(DeskError, match="GenerationCompleted"):
        encode(GenerationCompleted(seconds))


def test_half_a_character_is_refused() -> None:
    with pytest.raises(DeskError, match="JobFailed"):
        encode(JobFailed(code="a", words="b", detail="\ud83d"))


def test_none_is_stored_where_the_type_allows_it() -> None:
    lost = WorkerLost(pid=1, cause="killed", words="It was killed.", signal=9)
    assert decode(*encode(lost)) == lost


def test_an_unknown_type_is_kept_as_it_was_found() -> None:
    assert decode("ImageSung", 1, '{"melody":"do re mi"}', None) == UnknownEvent(
        "ImageSung", 1, '{"melody":"do re mi"}'
    )


def test_a_newer_schema_than_this_program_knows_is_kept_as_it_was_found() -> None:
    assert decode("ImageMissing", 2, '{"since":5}', None) == UnknownEvent("ImageMissing", 2, '{"since":5}')


def test_a_field_added_later_with_a_default_does_not_stop_older_programs() -> None:
    assert decode("ImageMissing", 1, '{"added_later":5}', None) == ImageMissing()


def test_text_that_is_no_such_event_is_an_error() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode("GenerationCompleted", 1, '{"seconds":"long"}', None)


def test_older_schemas_are_brought_up_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = {
        ("GenerationRetried", 1): lambda fields: {"reason": fields["cause"]},
        ("GenerationRetried", 2): lambda fields: {"why": fields["reason"]},
    }
    monkeypatch.setattr(upcast, "UPCASTERS", steps)
    monkeypatch.setitem(codec._SCHEMA, "GenerationRetried", upcast.current_schema("GenerationRetried"))
    monkeypatch.delitem(codec._CURRENT, ("GenerationRetried", 1))
    assert decode("GenerationRetried", 1, '{"cause":"asked"}', None) == GenerationRetried(why="asked")
    assert decode("GenerationRetried", 2, '{"reason":"asked"}', None) == GenerationRetried(why="asked")
    assert encode(GenerationRetried(why="asked")).schema == 3
