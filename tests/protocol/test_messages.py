from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import DecodeError, Struct

from ddesk.protocol.messages import (
    PROTOCOL_VERSION,
    FromWorker,
    Hello,
    Launch,
    LoadModel,
    ModelSpec,
    Outcome,
    ToWorker,
    Work,
    decode_from_worker,
    decode_greeting,
    decode_to_worker,
    encode,
)
from tests.events.strategies import of_struct

pytestmark = pytest.mark.quick

HELLO = Hello(protocol=PROTOCOL_VERSION, kind="fake", channel="work", secret="s3cret", pid=1)


def any_of(union: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(get_args(union)).flatmap(of_struct)


@given(any_of(FromWorker))
def test_what_a_worker_says_arrives_as_it_was_said(message: FromWorker) -> None:
    assert decode_from_worker(encode(message)) == message


@given(any_of(ToWorker))
def test_what_the_desk_says_arrives_as_it_was_said(message: ToWorker) -> None:
    assert decode_to_worker(encode(message)) == message


@given(of_struct(Launch))
def test_a_launch_is_one_line_of_json(launch: Launch) -> None:
    line = msgspec.json.encode(launch)
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=Launch) == launch


@given(any_of(ToWorker))
def test_a_worker_cannot_say_what_only_the_desk_says(message: ToWorker) -> None:
    with pytest.raises(DecodeError):
        decode_from_worker(encode(message))


@given(any_of(FromWorker))
def test_the_desk_cannot_say_what_only_a_worker_says(message: FromWorker) -> None:
    with pytest.raises(DecodeError):
        decode_to_worker(encode(message))


@given(st.binary(max_size=200))
def test_noise_is_a_decode_error_and_nothing_else(noise: bytes) -> None:
    for decode in (decode_from_worker, decode_to_worker, decode_greeting):
        with pytest.raises(DecodeError):
            decode(noise)


@given(any_of(FromWorker), st.data())
def test_a_message_that_was_cut_off_is_a_decode_error(message: FromWorker, data: st.DataObject) -> None:
    part = encode(message)
    with pytest.raises(DecodeError):
        decode_from_worker(part[: data.draw(st.integers(0, len(part) - 1))])


@given(of_struct(Hello))
def test_the_greeting_is_the_part_of_a_hello_that_every_version_shares(hello: Hello) -> None:
    greeting = decode_greeting(encode(hello))
    assert (greeting.protocol, greeting.secret) == (hello.protocol, hello.secret)


def test_a_field_that_a_later_version_adds_is_passed_over() -> None:
    later = msgspec.msgpack.decode(encode(HELLO)) | {"novelty": [1, 2]}
    assert decode_from_worker(msgspec.msgpack.encode(later)) == HELLO


def test_every_piece_of_work_and_every_outcome_names_its_work() -> None:
    for kind in (*get_args(Work), *get_args(Outcome)):
        assert "work_id" in kind.__struct_fields__


def test_messages_cannot_be_changed_after_they_were_said() -> None:
    work = LoadModel(work_id="1", model=ModelSpec(preset_id="toy", paths={}))
    with pytest.raises(AttributeError):
        work.work_id = "2"  # type: ignore[misc]


@pytest.mark.parametrize("union", [FromWorker, ToWorker])
def test_messages_are_told_apart_by_their_names(union: Any) -> None:
    kinds: tuple[type[Struct], ...] = get_args(union)
    assert [kind.__struct_config__.tag for kind in kinds] == [kind.__name__ for kind in kinds]
