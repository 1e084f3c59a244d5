"""Events to and from the two JSON texts that the log stores."""

from typing import NamedTuple

import msgspec

from ddesk.errors import DeskError
from ddesk.events import TYPES, Event
from ddesk.events.privacy import PRIVATE_FIELDS
from ddesk.events.upcast import current_schema, upcast

_encode = msgspec.json.Encoder().encode
_as_dict = msgspec.structs.asdict
_SCHEMA = {kind: current_schema(kind) for kind in TYPES}
_TAG_LENGTH = {kind: len(f'{{"type":"{kind}"') for kind in TYPES}
_DECODE = {kind: msgspec.json.Decoder(struct).decode for kind, struct in TYPES.items()}
_CURRENT = {(kind, _SCHEMA[kind]): decode for kind, decode in _DECODE.items()}


class Encoded(NamedTuple):
    """One event as it is stored. `data` and `private` are JSON objects; `private` is None where nothing is private."""

    type: str
    schema: int
    data: str
    private: str | None


class UnknownEvent(msgspec.Struct, frozen=True):
    """An event that this program has no type for, kept as it was found: a later version may have written it."""

    type: str
    schema: int
    data: str


AnyEvent = Event | UnknownEvent


def encode(event: Event) -> Encoded:
    """Raises DeskError `event_malformed` where a field doesn't fit its type, and could not be read again.

    A number that isn't one is such a case: JSON has no NaN.
    """
    kind = type(event).__name__
    try:
        whole = _encode(event)
        _DECODE[kind](whole)
        data, private = _split(kind, event) if PRIVATE_FIELDS.get(kind) else (_without_tag(kind, whole), None)
    except (KeyError, TypeError, ValueError, OverflowError, msgspec.MsgspecError) as error:
        raise DeskError("event_malformed", f"{kind} can't be recorded: {error}") from error
    return Encoded(kind, _SCHEMA[kind], data, private)


def _without_tag(kind: str, whole: bytes) -> str:
    """The type's name has a column of its own."""
    return "{" + whole[_TAG_LENGTH[kind] :].decode().removeprefix(",")


def _split(kind: str, event: Event) -> tuple[str, str]:
    kept = _as_dict(event)
    private = {name: kept.pop(name) for name in PRIVATE_FIELDS[kind]}
    return _encode(kept).decode(), _encode(private).decode()


def decode(kind: str, schema: int, data: str, private: str | None) -> AnyEvent:
    """The event, or an UnknownEvent for a type or schema that is newer than this program.

    Raises msgspec.DecodeError where the stored text is not such an event.
    """
    text = data if private is None else _merged(data, private)
    if from_text := _CURRENT.get((kind, schema)):
        return from_text(text)
    if schema > _SCHEMA.get(kind, 0):
        return UnknownEvent(kind, schema, data)
    return msgspec.convert(upcast(kind, schema, msgspec.json.decode(text)), TYPES[kind])


def _merged(data: str, private: str) -> str:
    """Two JSON objects as one, without parsing either."""
    return private if data == "{}" else f"{data[:-1]},{private[1:]}"
