"""What the timeline costs among very many events: to be built, to be read by any filter, and to be gone back in."""

import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter

from ddesk.app import timeline
from ddesk.app.searches import Sources
from ddesk.app.streams import state_at
from ddesk.bootstrap import open_log, open_read_models
from ddesk.events.image import ImageRated
from ddesk.paths import DataDir
from ddesk.projections.timeline import Span, Wanted
from ddesk.store.connection import open_database
from ddesk.store.log_reader import LogReader
from tests.bench import history
from tests.bench.row import Row
from tests.bench.timing import percentile, wall
from tests.store.sample import append

PAGE = 50
SECONDS_A_MILLION = 60
MOST_SECONDS = 0.010
_LONG_STREAM, _EVENTS, _MOST_SECONDS_BACK = "image-long", 200, 0.001


def rows(folder: Path, events: int, pages: int) -> list[Row]:
    data = DataDir(folder / "desk")
    data.create()
    chance = random.Random(1)
    history.fill(data.log, events, chance)
    log = open_log(data)
    for number in range(_EVENTS):
        log.append([append(_LONG_STREAM, ImageRated(number % 6))])
    taken = wall(lambda: open_read_models(data, log).close())
    written = log.head.position
    log.close()
    (path,) = data.root.glob("read-*.db")
    sources = Sources(LogReader.open(data.log), open_database(path, "read-reader"))
    found = [_rebuilt(taken, written), _pages(sources, written, pages, chance), _back(sources.reader, pages)]
    sources.close()
    return found


def _rebuilt(taken: float, written: int) -> Row:
    million = taken / written * 1e6
    return Row(
        "rebuild, with search",
        f"{taken:.1f} s for {written:,} events: {million:.1f} s per million",
        f"≤ {SECONDS_A_MILLION} s per million",
        million <= SECONDS_A_MILLION,
    )


def _pages(sources: Sources, written: int, pages: int, chance: random.Random) -> Row:
    """As the route reads them, with all that their sentences need, at any depth."""
    taken = [_seconds(partial(_page, sources, _any_wish(chance), chance.randint(1, written))) for _ in range(pages)]
    p50, p99 = percentile(taken, 50), percentile(taken, 99)
    return Row(
        f"timeline page of {PAGE}, filtered, at any depth of {written:,}",
        f"p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms",
        f"p99 ≤ {MOST_SECONDS * 1e3:.0f} ms",
        p99 <= MOST_SECONDS,
    )


def _any_wish(chance: random.Random) -> Wanted:
    """Nothing, some, or all of: a kind, an actor, words."""
    return Wanted(
        kinds=chance.choice(((), ("image",), ("generation",), ("image", "job"))),
        actors=chance.choice(((), (), ("user",), ("desk",))),
        words=chance.choice(("", "", _words(chance))),
    )


def _words(chance: random.Random) -> str:
    return " ".join(history.prompt(chance).split()[: chance.randint(1, 3)])


def _page(sources: Sources, wanted: Wanted, before: int) -> None:
    entries, _ = timeline.page(sources, wanted, Span(0, before), PAGE)
    for entry in entries:
        timeline.about(sources, entry)


def _back(reader: LogReader, times: int) -> Row:
    """Any state of a picture that was changed very often."""
    positions: Sequence[int] = [each.position for each in reader.stream(_LONG_STREAM)]
    taken = [_seconds(partial(state_at, reader, _LONG_STREAM, positions[-1])) for _ in range(times)]
    p50, p99 = percentile(taken, 50), percentile(taken, 99)
    return Row(
        f"a stream of {len(positions)} events as of its last",
        f"p50 {p50 * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms",
        f"p50 ≤ {_MOST_SECONDS_BACK * 1e3:.0f} ms",
        p50 <= _MOST_SECONDS_BACK,
    )


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start
