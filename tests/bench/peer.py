"""pyeventsourcing, the best known library of its kind for Python, with the same events as objects of its own kind."""

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import new_class
from typing import Any, get_type_hints

import msgspec
from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import DatetimeAsISO, JSONTranscoder, Mapper, Transcoding, UUIDAsHex
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from ddesk.events import TYPES
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.generation import Engine, ModelFile, Recipe
from ddesk.events.ids import uuid7
from ddesk.store.writer import Append

PAGE = 1000


class Told(DomainEvent):  # type: ignore[misc, unused-ignore]
    """What the desk's envelope says beyond the peer's own."""

    event_id: uuid.UUID
    command_id: str
    causation: int | None
    correlation_id: str
    actor: str


def _peer_of(kind: str, struct: type[Any]) -> Any:
    body = {"__annotations__": get_type_hints(struct), "__module__": __name__, "__qualname__": kind}
    return new_class(kind, (Told,), exec_body=lambda namespace: namespace.update(body))


PEERS = {kind: _peer_of(kind, struct) for kind, struct in TYPES.items()}
# Where the peer looks for the class of an event that it reads.
globals().update(PEERS)


class _AsFields(Transcoding):  # type: ignore[misc, unused-ignore]
    def encode(self, obj: msgspec.Struct) -> dict[str, Any]:
        return msgspec.structs.asdict(obj)

    def decode(self, data: dict[str, Any]) -> Any:
        return self.type(**data)


class _RecipeAsFields(_AsFields):
    type = Recipe
    name = "recipe"


class _ModelFileAsFields(_AsFields):
    type = ModelFile
    name = "model_file"


class _EngineAsFields(_AsFields):
    type = Engine
    name = "engine"


class PeerLog:
    def __init__(self, path: Path) -> None:
        transcoder = JSONTranscoder()
        own = (_RecipeAsFields(), _ModelFileAsFields(), _EngineAsFields())
        for transcoding in (UUIDAsHex(), DatetimeAsISO(), *own):
            transcoder.register(transcoding)
        self._mapper: Mapper[uuid.UUID] = Mapper(transcoder)
        self._recorder = SQLiteApplicationRecorder(SQLiteDatastore(str(path)))
        self._recorder.create_table()
        self._versions: dict[str, int] = {}

    def append(self, batch: Sequence[Append]) -> None:
        told = [self._told(append.origin, new) for append in batch for new in append.events]
        self._recorder.insert_events([self._mapper.to_stored_event(each) for each in told])

    def _told(self, origin: Origin, new: NewEvent) -> Any:
        version = self._versions[new.stream] = self._versions.get(new.stream, 0) + 1
        return PEERS[type(new.event).__name__](
            originator_id=uuid.UUID(new.stream[-36:]),
            originator_version=version,
            timestamp=Told.create_timestamp(),
            event_id=uuid7(),
            **msgspec.structs.asdict(origin),
            **msgspec.structs.asdict(new.event),
        )

    def read(self) -> Iterator[Any]:
        start = 1
        while page := self._recorder.select_notifications(start, PAGE):
            yield from map(self._mapper.to_domain_event, page)
            start = page[-1].id + 1
