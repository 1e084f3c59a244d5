"""What /api/live says, each as one JSON text message with its `type`. Memory is in MiB."""

from typing import Literal

from msgspec import Struct

from ddesk.server.memory_schemas import DeviceMemory
from ddesk.server.system_schemas import Worker
from ddesk.server.timeline_schemas import RecordedEvent


class LiveReady(Struct, frozen=True, tag="ready", kw_only=True):
    """First message. Events after the client's `after` follow, so that one that reconnects misses nothing.

    `reset` is true where too many were missed: the client reads its lists anew instead.
    """

    position: int
    reset: bool


class LiveEvent(Struct, frozen=True, tag="event", kw_only=True):
    event: RecordedEvent


class LiveProgress(Struct, frozen=True, tag="progress", kw_only=True):
    """`remaining_seconds` is for this picture, null while unknown. `image` of `batch` counts from 1."""

    generation: str
    phase: Literal["loading", "encoding", "sampling", "decoding", "saving"]
    step: int
    steps: int
    image: int
    batch: int
    steps_per_second: float | None
    elapsed_seconds: float
    remaining_seconds: float | None


class LiveMemory(Struct, frozen=True, tag="memory", kw_only=True):
    memory: DeviceMemory
    workers: list[Worker]


class LiveAlert(Struct, frozen=True, tag="alert", kw_only=True):
    """Something that a person should know: shown as a toast."""

    level: Literal["info", "warning", "error"]
    code: str
    title: str
    words: str
    generation: str | None = None


class LiveShadow(Struct, frozen=True, tag="shadow", kw_only=True):
    """The desk as of `position` is being read from the log: `done` of its events are."""

    position: int
    done: int


class LiveLoading(Struct, frozen=True, tag="loading", kw_only=True):
    """A worker loads a preset's model, and not for a picture: `part` of it is there, from 0 to 1."""

    worker: str
    preset: str
    part: float
    over: bool


class LiveModels(Struct, frozen=True, tag="models", kw_only=True):
    """The list of model files is another, or more is known of them; `unknown` were not looked into yet."""

    files: int
    unknown: int


LiveMessage = LiveReady | LiveEvent | LiveProgress | LiveMemory | LiveAlert | LiveShadow | LiveLoading | LiveModels
"""A preview is a binary message instead: the generation's id (36 ASCII bytes, a shorter one filled up), then a JPEG."""
