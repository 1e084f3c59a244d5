"""What the API takes and gives of the log: its timeline, the desk as of a position, undo. Times are ISO 8601 in UTC."""

from typing import Annotated, Any

from msgspec import Meta, Struct


class UndoForce(Struct, frozen=True, forbid_unknown_fields=True):
    """`force` takes back what was changed since, too."""

    force: bool = False


class UndoRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that was done under this correlation id, or what `actor` did of it."""

    correlation_id: Annotated[str, Meta(min_length=1, max_length=200)]
    actor: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    force: bool = False


class Undoable(Struct, frozen=True):
    """`why_not` is a sentence, and empty where it can be undone."""

    undoable: bool
    why_not: str


class UndoneEvent(Struct, frozen=True):
    position: int
    type: str
    stream: str


class Undone(Struct, frozen=True, kw_only=True):
    """`undone` are the events that were. `position` is where the undo itself begins, by which it can be undone; null
    where nothing was left to undo. Where the events are many, `job` is the one that undoes them.
    """

    position: int | None
    undone: list[UndoneEvent]
    job: str | None


class RecordedEvent(Struct, frozen=True, kw_only=True):
    """One event of the log. `data` holds the private fields too, as far as they were not forgotten."""

    position: int
    type: str
    schema: int
    stream: str
    version: int
    actor: str
    recorded_at: str
    command_id: str
    correlation_id: str
    causation: int | None
    data: dict[str, Any]


class Building(Struct, frozen=True):
    """So many of the events up to that position are read."""

    done: int
    total: int


class AsOf(Struct, frozen=True, kw_only=True):
    """The desk as of `position`, in a log that ends at `head`. `building` is null once it is there to be looked at.

    `recorded_at` and `type` are those of the event at `position`, and null before the first.
    """

    position: int
    head: int
    recorded_at: str | None
    type: str | None
    building: Building | None


class Mark(Struct, frozen=True, kw_only=True):
    """When the event at a position was recorded."""

    position: int
    recorded_at: str


class BringBack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`stream` is what to bring back: `image-…`, `image_preset-…`, `language_preset-…`, `queue` or, with the `key` of
    one, `settings`.
    """

    stream: Annotated[str, Meta(max_length=200)]
    key: str = ""


class BroughtBack(Struct, frozen=True):
    """`changed` is false where it was so already."""

    changed: bool


class StreamState(Struct, frozen=True, kw_only=True):
    """What a stream had come to: `version` counts its events up to the position `at`."""

    stream: str
    at: int
    version: int
    state: dict[str, Any]


class TimelineAbout(Struct, frozen=True, kw_only=True):
    """What a sentence needs besides the event. `images` are ids, of which those with a thumbnail have its address.

    `job` is the kind of the job that the event is of; `before`, what a rating or an edit replaced; `seconds`, how long
    a lost worker was away.
    """

    images: list[str]
    thumbnails: list[str]
    prompt: str | None
    preset: str | None
    job: str | None
    before: Any
    seconds: float | None


class TimelineGroup(Struct, frozen=True):
    """The events of the same command that were asked for, from position `first` to `last`, counted by type."""

    first: int
    last: int
    types: dict[str, int]


class TimelineEntry(RecordedEvent, frozen=True, kw_only=True):
    """An event that speaks for its group. `day` is that of the desk's clock, `why_not` a sentence where it can't be
    undone.
    """

    kind: str
    day: str
    about: TimelineAbout
    group: TimelineGroup
    undoable: bool
    why_not: str


class TimelineDay(Struct, frozen=True, kw_only=True):
    """`last` is the position of the day's newest event."""

    day: str
    last: int
    count: int


class TimelineCount(Struct, frozen=True, kw_only=True):
    name: str
    count: int


class TimelineCounts(Struct, frozen=True, kw_only=True):
    kinds: list[TimelineCount]
    actors: list[TimelineCount]


class EventStory(Struct, frozen=True, kw_only=True):
    """An event, what it came of, what came of it, and what the same command did besides.

    `before` and `after` are what its stream was then; null where the desk has no rules for such a stream.
    """

    event: TimelineEntry
    cause: TimelineEntry | None
    effects: list[TimelineEntry]
    together: list[TimelineEntry]
    before: Any
    after: Any
