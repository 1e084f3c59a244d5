"""What the timeline shows: the events of each command as one entry, with what a sentence about them needs."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby

from msgspec import UNSET, Struct, UnsetType

from ddesk.app.searches import Sources
from ddesk.errors import Invalid
from ddesk.events.envelope import Recorded
from ddesk.events.image import ImageRated
from ddesk.events.job import JobAdvanced
from ddesk.events.language_preset import LanguagePresetEdited
from ddesk.events.preset import ImagePresetEdited
from ddesk.events.worker import WorkerLost, WorkerReady
from ddesk.projections import gallery, generations, jobs, language_presets, presets, timeline
from ddesk.projections.timeline import Lane, Span, Wanted, kind_of
from ddesk.store.log_reader import LogReader

MOST_THUMBNAILS = 6
_STRETCH = 100
"""Events in one read."""
_MOST_READS = 10
"""A page is rather short than slow, where commands of very many events lie in it."""
_MOST_COUNTED = 10_000


class Entry(Struct, frozen=True, kw_only=True):
    """The events of one command that were wanted, at positions from `first` to `last`; `lead` speaks for them.

    `types` says how many there are of each; `sample` holds some of them, the first ones.
    """

    lead: Recorded
    first: int
    last: int
    types: dict[str, int]
    sample: Sequence[Recorded]


class Day(Struct, frozen=True, kw_only=True):
    """A day by this machine's clock, from its first position to its last; `count` is of what is wanted."""

    day: date
    first: int
    last: int
    count: int


class About(Struct, frozen=True, kw_only=True):
    """What an event alone doesn't say. `before` is what a person's change replaced; `seconds`, until it was mended."""

    images: Sequence[str] = ()
    thumbnails: Sequence[str] = ()
    prompt: str | None = None
    preset: str | None = None
    job: str | None = None
    before: object | UnsetType = UNSET
    seconds: float | None = None


def page(
    sources: Sources, wanted: Wanted, span: Span, limit: int, *, oldest_first: bool = False
) -> tuple[list[Entry], bool]:
    """Entries of the span, newest first unless told otherwise, and whether there are more beyond them."""
    walk = _Walk(sources, wanted, oldest_first=oldest_first)
    entries: list[Entry] = []
    for _ in range(_MOST_READS):
        events = walk.events(span, _STRETCH)
        runs = [list(run) for _, run in groupby(events, lambda each: each.command_id)]
        cut = len(events) == _STRETCH
        for run in runs[: limit - len(entries)]:
            entry = walk.entry(run, span, cut=cut and run is runs[-1])
            entries.append(entry)
            span = Span(entry.last, span.before) if oldest_first else Span(span.after, entry.first)
        if not cut and len(entries) < limit:
            return entries, False
        if len(entries) == limit:
            break
    return entries, bool(walk.positions(span, 1))


class _Walk:
    """Goes through what is wanted, in one direction."""

    def __init__(self, sources: Sources, wanted: Wanted, *, oldest_first: bool) -> None:
        self._db = sources.read_models
        self._reader = sources.reader
        self._wanted = wanted
        self._oldest_first = oldest_first
        self._lanes = [lane for lane in timeline.lanes(self._db) if wanted.takes(lane)]

    def positions(self, span: Span, limit: int) -> list[int]:
        if self._wanted.words:
            return self._found(span, limit)
        if self._wanted.stream is not None:
            return [each.position for each in self._in_stream(span, limit)]
        if not self._wanted.some_lanes:
            return self._any(span, limit)
        ids = [lane.id for lane in self._lanes]
        return timeline.in_lanes(self._db, ids, span, limit, oldest_first=self._oldest_first)

    def events(self, span: Span, limit: int) -> list[Recorded]:
        if self._wanted.stream is not None and not self._wanted.words:
            return self._in_stream(span, limit)
        positions = self.positions(span, limit)
        found = self._reader.at(positions)
        return [found[position] for position in positions]

    def _any(self, span: Span, limit: int) -> list[int]:
        """Positions have no gaps."""
        first, beyond = span.after + 1, min(span.before, self._reader.head().position + 1)
        if self._oldest_first:
            return list(range(first, min(beyond, first + limit)))
        return list(range(beyond - 1, max(first, beyond - limit) - 1, -1))

    def _found(self, span: Span, limit: int) -> list[int]:
        ids = [lane.id for lane in self._lanes]
        return timeline.found(self._db, self._wanted, ids, span, limit, oldest_first=self._oldest_first)

    def _in_stream(self, span: Span, limit: int) -> list[Recorded]:
        """Its kind is in its name; of its types and actors all are read, as a stream is short."""
        stream = self._wanted.stream
        taken = {(lane.type, lane.actor) for lane in self._lanes if lane.kind == kind_of(stream or "")}
        after = span.after if self._oldest_first else None
        found: list[Recorded] = []
        while len(found) < limit:
            some = self._reader.events(after=after, before=span.before, stream=stream, limit=_STRETCH)
            if after is None:
                some = [each for each in some if each.position > span.after]
            found += [each for each in some if (each.type, each.actor) in taken]
            if len(some) < _STRETCH:
                break
            last = some[-1].position
            after, span = (last, span) if after is not None else (None, Span(span.after, last))
        return found[:limit]

    def entry(self, run: Sequence[Recorded], span: Span, *, cut: bool) -> Entry:
        """The events of one command, of which only some were read where the run is `cut`."""
        first, last = sorted((run[0].position, run[-1].position))
        types = Counter(each.type for each in run)
        if cut and (command := self._reader.command(run[0].command_id)):
            first, last = max(command.first, span.after + 1), min(command.last, span.before - 1)
            types = self._counted(Span(first - 1, last + 1))
        sample = sorted(run, key=lambda each: each.position)
        lead = next((each for each in sample if not isinstance(each.event, JobAdvanced)), sample[0])
        return Entry(lead=lead, first=first, last=last, types=dict(types), sample=sample)

    def _counted(self, span: Span) -> Counter[str]:
        """By type. Lanes are counted at once; what was found by words, or in a stream, one by one."""
        if self._wanted.words or self._wanted.stream is not None:
            return Counter(each.type for each in self.events(span, _MOST_COUNTED))
        return +Counter({lane.type: timeline.count(self._db, lane.id, span) for lane in self._lanes})


def about(sources: Sources, entry: Entry) -> About:
    """At most a few point queries for each picture that is shown."""
    lead, db = entry.lead, sources.read_models
    images = list(dict.fromkeys(id_ for each in entry.sample if (id_ := _image_of(sources, each))))
    rows = [row for id_ in images[:MOST_THUMBNAILS] if (row := gallery.by_id(db, id_))]
    generation_id = _generation_of(lead) or (rows[0].generation_id if rows else None)
    return About(
        images=[row.id for row in rows],
        thumbnails=[row.id for row in rows if row.thumbnail],
        prompt=generations.prompt_of(db, generation_id) if generation_id else None,
        preset=_preset_of(sources, lead),
        job=_job_of(sources, lead),
        before=_before(sources.reader, lead),
        seconds=_seconds_to_mend(sources.reader, lead),
    )


def _image_of(sources: Sources, recorded: Recorded) -> str | None:
    kind, _, id_ = recorded.stream.partition("-")
    if kind == "image":
        return id_
    if kind == "job":
        job = jobs.by_id(sources.read_models, id_)
        return job.subject if job and job.kind in ("thumbnail", "bulk") else None
    return getattr(recorded.event, "image_id", None) if kind == "generation" else None


def _generation_of(recorded: Recorded) -> str | None:
    return recorded.stream.removeprefix(generations.PREFIX) if kind_of(recorded.stream) == "generation" else None


def _preset_of(sources: Sources, recorded: Recorded) -> str | None:
    """The name that the preset has now."""
    db, (kind, _, id_) = sources.read_models, recorded.stream.partition("-")
    if kind == "language_preset":
        language = language_presets.by_id(db, id_)
        return language.content.name if language else None
    row = presets.by_id(db, id_ if kind == "image_preset" else getattr(recorded.event, "preset_id", ""))
    return row.content.name if row else None


def _job_of(sources: Sources, recorded: Recorded) -> str | None:
    """Its kind, which only its first event names."""
    if not recorded.stream.startswith(jobs.PREFIX):
        return None
    row = jobs.by_id(sources.read_models, recorded.stream.removeprefix(jobs.PREFIX))
    return row.kind if row else None


def _before(reader: LogReader, recorded: Recorded) -> object | UnsetType:
    match recorded.event:
        case ImageRated():
            earlier = _earlier(reader, recorded, "ImageRated")
            return earlier.event.rating if earlier and isinstance(earlier.event, ImageRated) else 0
        case ImagePresetEdited() | LanguagePresetEdited():
            kinds = (recorded.type, recorded.type.replace("Edited", "Created"))
            return next((each.event for kind in kinds if (each := _earlier(reader, recorded, kind))), UNSET)
        case _:
            return UNSET


def _earlier(reader: LogReader, recorded: Recorded, kind: str) -> Recorded | None:
    found = reader.events(before=recorded.position, stream=recorded.stream, type=kind, limit=1)
    return found[0] if found else None


def _seconds_to_mend(reader: LogReader, recorded: Recorded) -> float | None:
    """From the loss of a worker until the next process that plays it was ready."""
    if not isinstance(recorded.event, WorkerLost):
        return None
    then = reader.events(after=recorded.position, stream=recorded.stream, limit=3)
    ready = next((each for each in then if isinstance(each.event, WorkerReady)), None)
    return (ready.recorded_at - recorded.recorded_at) / 1e6 if ready else None


def day_of(recorded_at: int) -> date:
    """By this machine's clock."""
    return datetime.fromtimestamp(recorded_at / 1e6).astimezone().date()


def first_since(reader: LogReader, moment: datetime, head: int) -> int:
    """The position of the first event since then, the next one's where there is none: time goes on along the log."""
    since = int(moment.timestamp() * 1e6)
    return bisect_left(range(1, head + 1), since, key=lambda position: reader.recorded_at(position) or 0) + 1


def days(sources: Sources, wanted: Wanted, before: int, limit: int) -> list[Day]:
    """The days on which anything happened, newest first, with how much of it is wanted.

    Words and streams are not looked at: their days are found by going through them.
    """
    every = timeline.lanes(sources.read_models)
    counted = [lane.id for lane in every if wanted.takes(lane)] if wanted.some_lanes else None
    return [
        Day(day=day, first=first, last=last, count=_between(sources, counted, Span(first - 1, last + 1)))
        for day, first, last in _runs_of_days(sources.reader, before, limit)
    ]


def counts(sources: Sources) -> list[tuple[Lane, int]]:
    """How many events each lane has."""
    db = sources.read_models
    return [(lane, timeline.count(db, lane.id, Span())) for lane in timeline.lanes(db)]


def _between(sources: Sources, lanes: Sequence[int] | None, span: Span) -> int:
    if lanes is None:
        return span.before - span.after - 1
    return sum(timeline.count(sources.read_models, lane, span) for lane in lanes)


def _runs_of_days(reader: LogReader, before: int, limit: int) -> Iterator[tuple[date, int, int]]:
    """Each day with its first and last position; where the clock was put back, a day can come twice."""
    last = min(before - 1, reader.head().position)
    for _ in range(limit):
        if last < 1:
            return
        day = day_of(reader.recorded_at(last) or 0)
        first = min(last, first_since(reader, _midnight(day), last))
        yield day, first, last
        last = first - 1


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time()).astimezone()


def span_of(reader: LogReader, since: str | None, until: str | None) -> Span:
    """Between two days or moments, both included. Raises Invalid for what is neither."""
    head = reader.head().position
    after = first_since(reader, _moment(since), head) - 1 if since else 0
    if not until:
        return Span(after)
    return Span(after, first_since(reader, _moment(until, end=True), head))


def _moment(given: str, *, end: bool = False) -> datetime:
    try:
        if len(given) == len("2026-01-31"):
            return _midnight(date.fromisoformat(given) + timedelta(days=end))
        return datetime.fromisoformat(given).astimezone() + timedelta(microseconds=end)
    except (ValueError, OverflowError, OSError) as wrong:
        raise Invalid("bad_date", f"{given!r} is no date.", "Write 2026-01-31, or 2026-01-31T18:30:00.") from wrong
