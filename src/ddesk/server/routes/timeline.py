"""`/api/timeline`: everything that happened, as a person reads it, and `/api/events/{position}`: one event's story."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Controller, get
from litestar.params import FromPath, QueryParameter

from ddesk.app import streams, timeline
from ddesk.app.searches import Sources
from ddesk.app.timeline import About, Entry
from ddesk.domain.undo import verdict
from ddesk.errors import NotFound
from ddesk.events.envelope import Recorded
from ddesk.projections.timeline import Span, Wanted, effects, kind_of
from ddesk.server import views
from ddesk.server.context import MAX_POSITION, Cursor, Limit, TheDesk, cursor_of, key_of
from ddesk.server.schemas import Page
from ddesk.server.timeline_schemas import (
    EventStory,
    TimelineAbout,
    TimelineCount,
    TimelineCounts,
    TimelineDay,
    TimelineEntry,
    TimelineGroup,
)

_QUICK_PAGE = 100
_MOST_RELATIVES = 100
_MOST_DAYS = 5_000

Names = list[Annotated[str, msgspec.Meta(max_length=200)]] | None
Kinds = Annotated[Names, QueryParameter(name="kind", max_items=50, description="Any of these: image, job, worker …")]
Types = Annotated[Names, QueryParameter(name="type", max_items=50, description="Any of these types of events.")]
Actors = Annotated[Names, QueryParameter(name="actor", max_items=50, description="Any of these; `api`: any program.")]
Stream = Annotated[str | None, QueryParameter(max_length=200)]
Words = Annotated[str, QueryParameter(max_length=200, description="All of these words, the last as a beginning.")]
Since = Annotated[str | None, QueryParameter(name="from", max_length=40, description="A day, or a moment.")]
Until = Annotated[str | None, QueryParameter(name="to", max_length=40, description="A day, or a moment; included.")]
Before = Annotated[int | None, QueryParameter(ge=0, le=MAX_POSITION, description="What is older than this.")]
After = Annotated[int | None, QueryParameter(ge=0, le=MAX_POSITION, description="What is newer than this.")]


class TimelineRoutes(Controller):
    path = "/api/timeline"
    tags = ("Timeline",)

    @get(operation_id="listTimeline", summary="Everything that happened, newest first, a command's events as one")
    async def all(
        self,
        desk: TheDesk,
        kinds: Kinds = None,
        types: Types = None,
        actors: Actors = None,
        stream: Stream = None,
        since: Since = None,
        until: Until = None,
        q: Words = "",
        before: Before = None,
        after: After = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[TimelineEntry]:
        wanted = _wanted(kinds, types, actors, stream, q)
        forward, at = after is not None, key_of(cursor)

        def read(sources: Sources) -> Page[TimelineEntry]:
            span = timeline.span_of(sources.reader, since, until)
            if forward:
                span = Span(max(span.after, at or after or 0), min(span.before, before or MAX_POSITION))
            else:
                span = Span(span.after, min(span.before, at or before or MAX_POSITION))
            entries, more = timeline.page(sources, wanted, span, limit, oldest_first=forward)
            return _page(sources, entries, more=more, forward=forward)

        is_quick = not (wanted.words or wanted.stream) and limit <= _QUICK_PAGE
        return read(desk.sources) if is_quick else await desk.searches.ask(read)

    @get("/days", operation_id="listTimelineDays", summary="How much happened on each day, newest first")
    async def days(
        self,
        desk: TheDesk,
        kinds: Kinds = None,
        types: Types = None,
        actors: Actors = None,
        limit: Annotated[int, QueryParameter(ge=1, le=_MOST_DAYS)] = 366,
        cursor: Cursor = None,
    ) -> Page[TimelineDay]:
        wanted, before = _wanted(kinds, types, actors), key_of(cursor) or MAX_POSITION
        found = await desk.searches.ask(lambda sources: timeline.days(sources, wanted, before, limit))
        shown = [TimelineDay(day=each.day.isoformat(), last=each.last, count=each.count) for each in found]
        return Page(shown, cursor_of(found[-1].first) if len(found) == limit and found[-1].first > 1 else None)

    @get("/counts", operation_id="countTimeline", summary="How much there is of each kind and of each actor")
    async def counts(self, desk: TheDesk) -> TimelineCounts:
        return _counts(desk.sources)


@get("/api/events/{position:int}", operation_id="getEvent", summary="One event, why, and what came of it")
async def event_story(desk: TheDesk, position: FromPath[int]) -> EventStory:
    return await desk.searches.ask(lambda sources: _story(sources, position))


def _wanted(
    kinds: Sequence[str] | None,
    types: Sequence[str] | None,
    actors: Sequence[str] | None,
    stream: str | None = None,
    words: str = "",
) -> Wanted:
    return Wanted(
        kinds=tuple(kinds or ()),
        types=tuple(types or ()),
        actors=tuple(actors or ()),
        stream=stream,
        words=words.strip(),
    )


def _page(sources: Sources, entries: Sequence[Entry], *, more: bool, forward: bool) -> Page[TimelineEntry]:
    shown = [_entry(sources, each) for each in entries]
    if forward:
        return Page(shown[::-1], cursor_of(entries[-1].last) if more else None)
    return Page(shown, cursor_of(entries[-1].first) if more else None)


def _entry(sources: Sources, entry: Entry) -> TimelineEntry:
    told, said = views.event(entry.lead), verdict(entry.lead.event)
    return TimelineEntry(
        **{name: getattr(told, name) for name in told.__struct_fields__},
        kind=kind_of(entry.lead.stream),
        day=timeline.day_of(entry.lead.recorded_at).isoformat(),
        about=_about(timeline.about(sources, entry)),
        group=TimelineGroup(first=entry.first, last=entry.last, types=entry.types),
        undoable=said.undoable,
        why_not=said.why_not,
    )


def _about(found: About) -> TimelineAbout:
    return TimelineAbout(
        images=list(found.images),
        thumbnails=[f"/api/images/{id_}/thumbnail" for id_ in found.thumbnails],
        prompt=found.prompt,
        preset=found.preset,
        job=found.job,
        before=_builtin(found.before),
        seconds=found.seconds,
    )


def _builtin(value: object) -> Any:
    return msgspec.to_builtins(None if value is msgspec.UNSET else value, order="deterministic")


def _alone(recorded: Recorded) -> Entry:
    at = recorded.position
    return Entry(lead=recorded, first=at, last=at, types={recorded.type: 1}, sample=(recorded,))


def _story(sources: Sources, position: int) -> EventStory:
    """Raises NotFound."""
    found = sources.reader.at((position,)).get(position)
    if found is None:
        raise NotFound("no_such_event", f"There is no event {position} in the log.", "See the timeline.")
    before, after = streams.around(sources.reader, found)
    caused = effects(sources.read_models, position, _MOST_RELATIVES)
    return EventStory(
        event=_entry(sources, _alone(found)),
        cause=next(iter(_told(sources, [found.causation] if found.causation else [])), None),
        effects=_told(sources, caused),
        together=_told(sources, _together(sources, found)),
        before=_builtin(before),
        after=_builtin(after),
    )


def _together(sources: Sources, recorded: Recorded) -> list[int]:
    """What else the same command did."""
    if not (command := sources.reader.command(recorded.command_id)):
        return []
    last = min(command.last, command.first + _MOST_RELATIVES)
    return [at for at in range(command.first, last + 1) if at != recorded.position]


def _told(sources: Sources, positions: Sequence[int]) -> list[TimelineEntry]:
    found = sources.reader.at(positions)
    return [_entry(sources, _alone(found[at])) for at in positions if at in found]


def _counts(sources: Sources) -> TimelineCounts:
    kinds, actors = dict[str, int](), dict[str, int]()
    for lane, count in timeline.counts(sources):
        kinds[lane.kind] = kinds.get(lane.kind, 0) + count
        actors[lane.actor] = actors.get(lane.actor, 0) + count
    return TimelineCounts(kinds=_sorted(kinds), actors=_sorted(actors))


def _sorted(counts: dict[str, int]) -> list[TimelineCount]:
    return [TimelineCount(name=name, count=count) for name, count in sorted(counts.items())]
