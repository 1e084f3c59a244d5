"""What a log of very many events costs to check and to look into."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from ddesk.app.states import Reached, States
from ddesk.domain.image import image
from ddesk.domain.worker import worker
from ddesk.events import Event
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.ids import new_id
from ddesk.events.image import ImageRated
from ddesk.events.worker import WorkerReady, WorkerStarted
from ddesk.paths import migrations
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from ddesk.store.writer import LARGEST_BATCH, Append
from tests.bench.row import Row
from tests.bench.stories import stories
from tests.bench.timing import percentile, wall
from tests.domain.samples import added

GENERATIONS_AT_ONCE = 1_000
RATED, RATINGS = "image-rated-often", 199
WORKER = "worker-image"
ROUNDS, QUESTIONS = 3, 300
_SYNCHRONOUS_OFF = 0

FILTERS: Sequence[Mapping[str, str]] = (
    {},
    {"actor": "desk"},
    {"actor": "user"},
    {"actor": "assistant"},
    {"type": "ImageRated"},
    {"type": "ImageAdded", "actor": "user"},
    {"type": "QueuePaused"},
)
"""What is everywhere, what there is in one place, and what there isn't."""


def rows(folder: Path, events: int) -> list[Row]:
    """A tenth of them are one worker's; it and a picture that is rated over and over lie in the middle."""
    log = EventLog.open(folder / "long.db", migrations())
    log._connection.pragma("synchronous", _SYNCHRONOUS_OFF)  # to fill it isn't measured
    _fill_up_to(log, events // 2)
    _append(log, RATED, "user", [[added("a")], *([ImageRated(number % 5 + 1)] for number in range(RATINGS))])
    _append(log, WORKER, "desk", map(_restart, range(events // 20)))
    _fill_up_to(log, events)
    reader = LogReader.open(log.location)
    found = [_verify(log), _as_of(reader), *_filters(reader), _long_stream(log, reader)]
    reader.close()
    log.close()
    return found


def _verify(log: EventLog) -> Row:
    speed = log.head.position / min(wall(log.verify) for _ in range(ROUNDS))
    figure = f"{speed:,.0f} events/s"
    return Row(f"log verify of {log.head.position:,} events", figure, "≥ 200,000 events/s", speed >= 200_000)


def _as_of(reader: LogReader) -> Row:
    story = [recorded.position for recorded in reader.stream(RATED)]

    def fold() -> object:
        found = reader.events(stream=RATED, after=0, before=story[-1] + 1, limit=len(story))
        return Reached(image, image.initial).after(found)

    return _timed(f"a stream of {len(story)} events as of a position", _taken(fold), 1)


def _filters(reader: LogReader) -> list[Row]:
    """As the route asks: what counts is how long one read holds up all else, and then the whole page."""
    chance, end = random.Random(1), reader.head().position
    reads: list[float] = []
    pages: list[float] = []
    for _ in range(QUESTIONS // 10):
        for asked in FILTERS:
            page = _reads(reader, asked, chance.randint(1, end))
            reads += page
            pages.append(sum(page))
    return [
        _timed(f"a read for a page of {end:,} events, filtered, at any depth", reads, 10),
        _timed("all reads for such a page", pages),
    ]


def _reads(reader: LogReader, asked: Mapping[str, Any], before: int) -> list[float]:
    walk = reader.walk(before=before, **asked)
    taken = []
    start = perf_counter()
    for _ in walk:
        taken.append(perf_counter() - start)
        start = perf_counter()
    return taken


def _long_stream(log: EventLog, reader: LogReader) -> Row:
    """What a command to it takes before it is decided, with two events more each time."""
    states = States(reader)
    length = states.of(WORKER, worker).version
    ask = partial(states.of, WORKER, worker)
    taken = _taken(ask, lambda: _append(log, WORKER, "desk", [_restart(1)]))
    return _timed(f"the state of a stream of {length:,} events, for a command", taken, 5)


def _taken(ask: Callable[[], object], before_each: Callable[[], object] = lambda: None) -> list[float]:
    taken = []
    for _ in range(QUESTIONS):
        before_each()
        start = perf_counter()
        ask()
        taken.append(perf_counter() - start)
    return taken


def _timed(name: str, taken: Sequence[float], most_ms: float | None = None) -> Row:
    p50, p99 = percentile(taken, 50) * 1e3, percentile(taken, 99) * 1e3
    figure = f"p50 {p50:.2f} ms, p99 {p99:.2f} ms"
    return Row(name, figure) if most_ms is None else Row(name, figure, f"p99 ≤ {most_ms:g} ms", p99 <= most_ms)


def _fill_up_to(log: EventLog, events: int) -> None:
    while log.head.position < events:
        work = stories(GENERATIONS_AT_ONCE)
        for start in range(0, len(work), LARGEST_BATCH):
            log.append(work[start : start + LARGEST_BATCH])


def _append(log: EventLog, stream: str, actor: str, commands: Iterable[Sequence[Event]]) -> None:
    for events in commands:
        origin = Origin(command_id=new_id(), correlation_id=stream, actor=actor)
        log.append([Append(origin, {}, tuple(NewEvent(stream, event) for event in events))])


def _restart(pid: int) -> Sequence[Event]:
    engine = {"engine": "stable-diffusion.cpp", "engine_version": "0.4.7", "backend": "CPU", "device": "CPU"}
    return [WorkerStarted(pid=pid, restarts=pid), WorkerReady(pid=pid, **engine)]
