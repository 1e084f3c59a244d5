"""Events to and from the two JSON texts that the log stores."""

from typing import Any, NamedTuple

import msgspec

from ddesk.events import TYPES, Event
from ddesk.events.privacy import PRIVATE_FIELDS
from ddesk.events.upcast import current_schema, upcast

_encode = msgspec.json.Encoder().encode
_as_dict = msgspec.structs.asdict
_NONE: frozenset[str] = frozenset()
_SCHEMA = {kind: current_schema(kind) for kind in TYPES}
_DECODE = {kind: msgspec.json.Decoder(struct).decode for kind, struct in TYPES.items()}


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
    """Raises ValueError for an event that could not be read again, as one with a number that is not finite."""
    kind = type(event).__name__
    fields: dict[str, Any] = _as_dict(event)
    private = {name: fields.pop(name) for name in PRIVATE_FIELDS.get(kind, _NONE)}
    kept = _encode(private).decode() if private else None
    data = _encode(fields).decode()
    if "null" in data:
        _check_readable(kind, data)
    return Encoded(kind, _SCHEMA[kind], data, kept)


def _check_readable(kind: str, data: str) -> None:
    """JSON has no NaN: msgspec writes null in its place, which no number's field takes back."""
    try:
        _DECODE[kind](data)
    except msgspec.ValidationError as wrong:
        raise ValueError(f"{kind} can't be stored: {wrong}") from wrong


def decode(kind: str, schema: int, data: str, private: str | None) -> AnyEvent:
    """The event, or an UnknownEvent for a type or schema that is newer than this program.

    Raises msgspec.DecodeError where the stored text is not such an event.
    """
    current = _SCHEMA.get(kind)
    if current is None or schema > current:
        return UnknownEvent(kind, schema, data)
    text = data if private is None else _merged(data, private)
    if schema == current:
        return _DECODE[kind](text)
    return msgspec.convert(upcast(kind, schema, msgspec.json.decode(text)), TYPES[kind])


def _merged(data: str, private: str) -> str:
    """Two JSON objects as one, without parsing either."""
    return private if data == "{}" else f"{data[:-1]},{private[1:]}"
