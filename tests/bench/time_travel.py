"""What a look into the past costs: the whole desk as of a position, and one stream."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from ddesk.app.feed import Feed
from ddesk.app.notices import Notice
from ddesk.app.shadows import Shadows
from ddesk.app.streams import state_of
from ddesk.bootstrap import PROJECTIONS, open_log
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.ids import new_id
from ddesk.events.image import ImageRated
from ddesk.paths import DataDir, program
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from ddesk.store.writer import LARGEST_BATCH, Append
from tests.bench.row import Row
from tests.bench.stories import stories
from tests.bench.timing import percentile

GENERATIONS_AT_ONCE = 1_000
PATIENCE = 600.0
SECONDS_THE_FIRST_TIME = 6.0
STREAM = "image-often-rated"
EVENTS_OF_THE_STREAM = 200
MOST_SECONDS_A_STREAM = 0.001
ROUNDS = 50


def rows(folder: Path, events: int) -> Sequence[Row]:
    data = DataDir(folder)
    data.create()
    log = open_log(data)
    _fill(log, events)
    try:
        return [asyncio.run(_whole(data, log.head.position)), _stream(data, log)]
    finally:
        log.close()


def _fill(log: EventLog, events: int) -> None:
    while log.head.position < events:
        work = stories(GENERATIONS_AT_ONCE)
        for start in range(0, len(work), LARGEST_BATCH):
            log.append(work[start : start + LARGEST_BATCH])


async def _whole(data: DataDir, events: int) -> Row:
    """As a route asks for it: built in a process of its own, with its progress told."""
    reader, feed, told = LogReader.open(data.log), Feed(asyncio.get_running_loop()), list[Notice]()
    feed.on_notices(told.append)
    shadows = Shadows(data, program(), PROJECTIONS, reader, feed)
    first, beside, again = [
        await _seconds(shadows, position) for position in (events // 2, events // 2 + 1, events // 2)
    ]
    await shadows.close()
    reader.close()
    return Row(
        f"the desk as of the middle of {events:,} events",
        f"{first:.2f} s at first (its progress told {len(told)} times), {again * 1e3:.1f} ms again,"
        f" {beside:.2f} s one event further",
        f"≤ {SECONDS_THE_FIRST_TIME:.0f} s for 100,000",
        first <= SECONDS_THE_FIRST_TIME * max(1, events / 100_000),
    )


async def _seconds(shadows: Shadows, position: int) -> float:
    start = perf_counter()
    await shadows.at(position, PATIENCE)
    return perf_counter() - start


def _stream(data: DataDir, log: EventLog) -> Row:
    for number in range(EVENTS_OF_THE_STREAM):
        origin = Origin(command_id=new_id(), correlation_id="bench", actor="user")
        log.append([Append(origin, {STREAM: number}, (NewEvent(STREAM, ImageRated(number % 6)),))])
    reader = LogReader.open(data.log)
    taken = []
    for _ in range(ROUNDS):
        start = perf_counter()
        state_of(reader.until(log.head.position), STREAM)
        taken.append(perf_counter() - start)
    reader.close()
    p50, p99 = percentile(taken, 50), percentile(taken, 99)
    return Row(
        f"a stream of {EVENTS_OF_THE_STREAM} events as of a position",
        f"p50 {p50 * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms",
        f"≤ {MOST_SECONDS_A_STREAM * 1e3:.0f} ms",
        p50 <= MOST_SECONDS_A_STREAM,
    )
