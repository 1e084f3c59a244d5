import hashlib
from typing import Any

import msgspec
import pytest

from ddesk.events import chain
from ddesk.events.chain import GENESIS, data_hash, link, private_hash

pytestmark = pytest.mark.quick

ENVELOPE: dict[str, Any] = {
    "position": 1,
    "stream": "generation-1",
    "version": 1,
    "type": "GenerationRequested",
    "schema": 1,
    "recorded_at": 1_700_000_000_000_000,
    "event_id": bytes(range(16)),
    "command_id": "a",
    "causation": None,
    "correlation_id": "b",
    "actor": "user",
}
OTHER: dict[str, Any] = {
    "position": 2,
    "stream": "generation-2",
    "version": 2,
    "type": "GenerationStarted",
    "schema": 2,
    "recorded_at": 1_700_000_000_000_001,
    "event_id": bytes(16),
    "command_id": "b",
    "causation": 1,
    "correlation_id": "c",
    "actor": "worker",
}
DATA = data_hash('{"steps":12}')
PRIVATE = private_hash(bytes(16), '{"prompt":"a blue robot at night"}')


def test_the_hash_is_what_it_always_was() -> None:
    """Pins the format: a log written years ago must check with today's program."""
    pinned = "3e3e829d0cfaab67e19d5b1cf49db393f14f7ae680ea5c26899610c979c33b14"
    assert link(GENESIS, (*ENVELOPE.values(), DATA, PRIVATE)).hex() == pinned


def test_the_parts_are_hashed_as_the_design_says() -> None:
    envelope = msgspec.msgpack.encode([*ENVELOPE.values(), DATA, PRIVATE])
    assert link(GENESIS, (*ENVELOPE.values(), DATA, PRIVATE)) == hashlib.sha256(bytes(32) + envelope).digest()
    assert hashlib.sha256(b'{"steps":12}').digest() == DATA
    assert hashlib.sha256(bytes(16) + b'{"prompt":"a blue robot at night"}').digest() == PRIVATE


@pytest.mark.parametrize("field", ENVELOPE)
def test_any_other_envelope_is_another_hash(field: str) -> None:
    changed = ENVELOPE | {field: OTHER[field]}
    assert link(GENESIS, (*changed.values(), DATA, PRIVATE)) != link(GENESIS, (*ENVELOPE.values(), DATA, PRIVATE))


def test_any_other_past_or_content_is_another_hash() -> None:
    here = link(GENESIS, (*ENVELOPE.values(), DATA, PRIVATE))
    others = {
        link(here, (*ENVELOPE.values(), DATA, PRIVATE)),
        link(GENESIS, (*ENVELOPE.values(), data_hash("{}"), PRIVATE)),
        link(GENESIS, (*ENVELOPE.values(), DATA, None)),
        link(GENESIS, (*ENVELOPE.values(), PRIVATE, DATA)),
    }
    assert len(others) == 4
    assert here not in others


def test_the_same_words_under_another_salt_have_another_hash() -> None:
    assert private_hash(b"1" * chain.SALT_BYTES, "{}") != private_hash(b"2" * chain.SALT_BYTES, "{}")
