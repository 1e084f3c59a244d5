"""Appends to try the log with."""

from itertools import count
from pathlib import Path

from ddesk.events import Event
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.generation import GenerationFailed
from ddesk.events.job import JobStarted
from ddesk.store.records import Append

MIGRATIONS = Path(__file__).parents[2] / "migrations"

_commands = count(1)


class Clock:
    """A microsecond passes each time it is read."""

    def __init__(self) -> None:
        self._now = 1_700_000_000_000_000

    def __call__(self) -> int:
        self._now += 1
        return self._now


def origin(command_id: str | None = None, actor: str = "user") -> Origin:
    id_ = command_id or f"command-{next(_commands)}"
    return Origin(command_id=id_, correlation_id=f"because-of-{id_}", actor=actor)


def append(
    stream: str = "job-1",
    *events: Event,
    expected: int | None = None,
    command_id: str | None = None,
    actor: str = "user",
) -> Append:
    """One command to one stream; without events, with one of no interest."""
    new = tuple(NewEvent(stream, event) for event in events or (JobStarted(1),))
    return Append(origin(command_id, actor), {} if expected is None else {stream: expected}, new)


def secret(words: str) -> GenerationFailed:
    """An event with a private part."""
    return GenerationFailed(code="engine_failed", words="It failed.", detail=words)
