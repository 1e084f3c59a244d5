"""The chain of hashes that makes any later change to the log visible.

Each event's hash is SHA-256 over the previous hash, the envelope, SHA-256(data) and SHA-256(salt ‖ private). The
hashes of the two contents are stored too, so that a private part can be removed and the chain still checks; the
salt, removed with it, keeps a short text from being guessed by its hash.
"""

import hashlib

import msgspec

GENESIS = bytes(32)
"""What the first event's hash is chained to."""

SALT_BYTES = 16

_encode = msgspec.msgpack.Encoder().encode
_sha256 = hashlib.sha256


def data_hash(data: str) -> bytes:
    return _sha256(data.encode()).digest()


def private_hash(salt: bytes, private: str) -> bytes:
    return _sha256(salt + private.encode()).digest()


def link(previous: bytes, chained: tuple[int | str | bytes | None, ...]) -> bytes:
    """The hash of an event.

    `chained` is position, stream, version, type, schema, recorded_at, event_id, command_id, causation, correlation_id,
    actor, and the hashes of data and private. It is hashed as a MessagePack array, whose shortest form is unambiguous.
    """
    return _sha256(previous + _encode(chained)).digest()
