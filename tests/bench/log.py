"""What the event log costs, each figure against the raw limit or a peer within the same run."""

import asyncio
import random
import statistics
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from ddesk.events.ids import new_id
from ddesk.paths import migrations
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from ddesk.store.writer import LARGEST_BATCH, Append, Writer
from tests.bench.bare_table import BareTable
from tests.bench.peer import PeerLog
from tests.bench.row import Row
from tests.bench.stories import COMMANDS, stories
from tests.bench.timing import cpu, wall
from tests.store import power_cut

ROOT = Path(__file__).parents[2]
ROUNDS = 7
CLIENTS = 64


def append(folder: Path, generations: int = 400) -> list[Row]:
    """The desk's usual events in full batches, each durable; the bare table takes the same in the same batches."""
    ours, bare = [], []
    for number in range(ROUNDS):
        batches = _batches(stories(generations))
        table = BareTable(folder / f"bare-{number}.db")
        log = EventLog.open(folder / f"append-{number}.db", migrations())
        bare.append(cpu(partial(_exhaust, map(table.append, batches))))
        ours.append(cpu(partial(_exhaust, map(log.append, batches))))
        events = log.head.position
        table.close()
        log.close()
    each = min(ours) / events * 1e6
    ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, bare, strict=True))
    return [
        Row("append, batched, with chain", f"{each:.1f} µs CPU per event", "≤ 12 µs", each <= 12),
        Row("append against a bare one-table insert", f"{ratio:.1f} ×", "≤ 2.2 ×", ratio <= 2.2),
    ]


def durable_throughput(folder: Path, commands: int = 6400) -> Row:
    """Clients that each wait for one acknowledgement after the other, against a sync for each event.

    Both take turns, as a disk is now faster and now slower.
    """
    work = stories(commands // ROUNDS // COMMANDS)
    rounds = [
        (_by_clients(folder / f"{n}-clients.db", work), _one_by_one(folder / f"{n}-alone.db", work[:60]))
        for n in range(ROUNDS)
    ]
    ratio = statistics.median(together / alone for together, alone in rounds)
    figure = f"{max(together for together, _ in rounds):,.0f} events/s, {ratio:.0f} × one sync for each event"
    return Row(f"durable throughput, {CLIENTS} clients", figure, "≥ 10 ×", ratio >= 10)


def _by_clients(path: Path, work: Sequence[Append]) -> float:
    """Events in a second."""
    log = EventLog.open(path, migrations())
    writer = Writer(log, lambda _: None)
    taken = wall(lambda: asyncio.run(_clients(writer, work)))
    writer.close()
    events = log.head.position
    log.close()
    return events / taken


async def _clients(writer: Writer, work: Sequence[Append]) -> None:
    shared = iter(work)

    async def client() -> None:
        for each in shared:
            await writer.append(each)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


def _one_by_one(path: Path, work: Sequence[Append]) -> float:
    """Events in a second, each synced before the next."""
    singles = [Append(replace(each.origin, command_id=new_id()), {}, (new,)) for each in work for new in each.events]
    log = EventLog.open(path, migrations())
    taken = wall(lambda: _exhaust(log.append([each]) for each in singles))
    log.close()
    return len(singles) / taken


def read(folder: Path, generations: int = 4000) -> list[Row]:
    """Every event as the object it was; the peer has the same fields to decode."""
    work = stories(generations)
    log = EventLog.open(folder / "read.db", migrations())
    peer = PeerLog(folder / "peer.db")
    for batch in _batches(work):
        log.append(batch)
        peer.append(batch)
    reader = LogReader.open(log.location)
    pairs = [(cpu(lambda: _exhaust(reader.read())), cpu(lambda: _exhaust(peer.read()))) for _ in range(ROUNDS)]
    events = log.head.position
    reader.close()
    log.close()
    speed = events / min(ours for ours, _ in pairs)
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    return [
        Row("read + decode", f"{speed:,.0f} events/s", "≥ 600,000 events/s", speed >= 600_000),
        Row("read + decode against pyeventsourcing", f"{ratio:.1f} ×", "≥ 8 ×", ratio >= 8),
    ]


def kills(folder: Path, times: int) -> list[Row]:
    """Of a desk that appends, and of one that builds its read models anew."""
    return [
        _harmless(f"acknowledged work lost in {times:,} kill -9", _killed(folder / "append", times, "append")),
        _harmless(f"the same in {times:,} while rebuilding", _killed(folder / "rebuild", times, "rebuild")),
    ]


def _killed(place: Path, times: int, work: str) -> Sequence[str]:
    place.mkdir()
    command = [sys.executable, "-m", "tests.store.kill", str(place), str(times), "1", work]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def power_cuts(folder: Path, times: int) -> list[Row]:
    """Of a desk whose process is killed now and then; and of one that migrates its log, or rebuilds its read models."""
    opening = _cut(folder / "migrations", times // 2, power_cut.record_migration)
    opening += _cut(folder / "rebuilds", times // 2, power_cut.record_rebuild, version=2)
    return [
        _harmless(
            f"acknowledged work lost in {times:,} simulated power cuts",
            _cut(folder / "cuts", times, lambda work, chance, kills: power_cut.record(work, chance, kills=kills)),
        ),
        _harmless(f"the same in {times:,} while migrating and rebuilding", opening),
    ]


def _cut(
    folder: Path,
    times: int,
    make: Callable[[Path, random.Random, int], power_cut.History],
    version: int = 1,
    cuts_each: int = 50,
) -> list[str]:
    """What they did in words. Every other history has kills in it."""
    chance = random.Random(1)
    harms: list[str] = []
    for number in range(0, times, cuts_each):
        place = folder / str(number)
        work = place / "work"
        work.mkdir(parents=True)
        history = make(work, chance, number // cuts_each % 2 * 4)
        left = min(cuts_each, times - number)
        harms += filter(None, (power_cut.harm(history, place / str(n), chance, version) for n in range(left)))
    return harms


def _harmless(name: str, harms: Sequence[str]) -> Row:
    return Row(name, str(len(harms)), "0", not harms)


def _batches(work: Sequence[Append]) -> list[Sequence[Append]]:
    return [work[start : start + LARGEST_BATCH] for start in range(0, len(work), LARGEST_BATCH)]


def _exhaust(events: Iterable[object]) -> None:
    deque(events, maxlen=0)
