"""Streams by their kind: whose rules they follow, and what they had come to at any position."""

from collections.abc import Iterable, Mapping
from typing import Any

from ddesk.app.states import Reached
from ddesk.domain.backup import backups
from ddesk.domain.decider import Decider
from ddesk.domain.generation import generation
from ddesk.domain.image import image
from ddesk.domain.job import job
from ddesk.domain.language_preset import language_preset
from ddesk.domain.log import log
from ddesk.domain.memory_story import memory_story
from ddesk.domain.preset import preset
from ddesk.domain.queue import queue
from ddesk.domain.settings import settings
from ddesk.domain.worker import worker
from ddesk.errors import NotFound
from ddesk.events.envelope import Recorded
from ddesk.store.log_reader import LogReader

DECIDERS: Mapping[str, Decider[Any, Any, Any]] = {
    "backup": backups,
    "generation": generation,
    "image": image,
    "image_preset": preset,
    "job": job,
    "language_preset": language_preset,
    "log": log,
    "memory": memory_story,
    "queue": queue,
    "settings": settings,
    "worker": worker,
}
"""By what a stream's name begins with."""

_ALL = (1 << 63) - 1


def decider_of(stream: str) -> Decider[Any, Any, Any] | None:
    """The rules of a stream, `<kind>-<id>` or a bare kind; None where this program has none for its kind."""
    return DECIDERS.get(stream.partition("-")[0])


def state_of(reader: LogReader, stream: str) -> Any:
    """What the stream has come to where that log ends. Raises NotFound for a stream without rules."""
    return folded(stream, reader.stream(stream))


def folded(stream: str, recorded: Iterable[Recorded]) -> Any:
    """What these events of the stream come to. Raises NotFound for a stream without rules."""
    decider = decider_of(stream)
    if decider is None:
        raise NotFound("no_such_stream", f"There is no stream {stream!r}.", "Events name the stream that they are of.")
    return Reached(decider, decider.initial).after(recorded).state


def state_at(reader: LogReader, stream: str, position: int) -> Any:
    """What the stream had come to at this position, an event there included; None where it has no rules."""
    if (decider := decider_of(stream)) is None:
        return None
    told = reader.events(after=0, before=position + 1, stream=stream, limit=_ALL)
    return Reached(decider, decider.initial).after(told).state


def around(reader: LogReader, recorded: Recorded) -> tuple[Any, Any]:
    """What its stream was before this event, and after it."""
    if (decider := decider_of(recorded.stream)) is None:
        return None, None
    before = state_at(reader, recorded.stream, recorded.position - 1)
    return before, Reached(decider, before).after((recorded,)).state


def earlier(reader: LogReader, position: int) -> LogReader:
    """The log as it was when it ended at `position`. Raises NotFound where it never did."""
    head = reader.head().position
    if not 0 <= position <= head:
        raise NotFound(
            "no_such_position",
            f"There is no event {position}: the log has {head}.",
            f"Choose a position from 0 to {head}.",
            head=head,
        )
    return reader.until(position)
