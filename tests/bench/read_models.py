"""What the read models cost: to keep up with the log, and to be built anew."""

import statistics
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from ddesk.bootstrap import PROJECTIONS, open_log, open_read_models
from ddesk.paths import DataDir
from ddesk.projections.runner import Runner
from ddesk.projections.timeline import Timeline
from ddesk.store.event_log import EventLog
from ddesk.store.writer import LARGEST_BATCH, Append
from tests.bench.row import Row
from tests.bench.stories import stories
from tests.bench.timing import cpu, wall

ROUNDS = 7
GENERATIONS_AT_ONCE = 1_000
SECONDS_A_MILLION = 20


def append(folder: Path, generations: int) -> Row:
    """The desk's usual events in full batches, each appended, read back and applied, as after a commit."""
    alone, applied = [], []
    for number in range(ROUNDS):
        work = list(_batches(generations))
        bare, log = open_log(_data(folder / f"{number}-alone")), open_log(_data(folder / f"{number}-applied"))
        runner = open_read_models(_data(folder / f"{number}-applied"), log)
        alone.append(cpu(partial(_append, bare, work)))
        applied.append(cpu(partial(_append_and_apply, log, runner, work)))
        events = log.head.position
        for each in (runner, log, bare):
            each.close()
    cost = min(applied) / events * 1e6
    ratio = statistics.median(both / one for both, one in zip(applied, alone, strict=True))
    return Row("append with all projections", f"{cost:.1f} µs CPU per event, {ratio:.1f} × the log alone")


def _append(log: EventLog, work: Sequence[Sequence[Append]]) -> None:
    for batch in work:
        log.append(batch)


def _append_and_apply(log: EventLog, runner: Runner, work: Sequence[Sequence[Append]]) -> None:
    for batch in work:
        before = log.head.position
        log.append(batch)
        runner.apply(tuple(log.read(before, log.head.position)))


def rebuild(folder: Path, events: int) -> Row:
    """The read models from nothing, as for a new version of one of them, but for the timeline and its search."""
    data = _data(folder / "rebuild")
    log = open_log(data)
    while log.head.position < events:
        for batch in _batches(GENERATIONS_AT_ONCE):
            log.append(batch)
    without = [each for each in PROJECTIONS if not isinstance(each, Timeline)]
    taken = wall(lambda: open_read_models(data, log, without).close())
    written = log.head.position
    log.close()
    million = taken / written * 1e6
    return Row(
        "rebuild, without search",
        f"{taken:.1f} s for {written:,} events: {million:.1f} s per million",
        f"≤ {SECONDS_A_MILLION} s per million",
        million <= SECONDS_A_MILLION,
    )


def _data(root: Path) -> DataDir:
    data = DataDir(root)
    data.create()
    return data


def _batches(generations: int) -> Iterator[Sequence[Append]]:
    work = stories(generations)
    return (work[start : start + LARGEST_BATCH] for start in range(0, len(work), LARGEST_BATCH))
