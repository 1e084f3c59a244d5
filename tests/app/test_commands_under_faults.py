"""A command that is repeated until it is acknowledged is in the log once, whatever the disk does meanwhile."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ddesk.app.handle import Handler, Step
from ddesk.domain.image import AddImage, TagImage, image
from ddesk.errors import Conflict, Fault
from ddesk.events.envelope import Origin
from ddesk.events.image import ImageTagged
from ddesk.paths import migrations
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from ddesk.store.writer import Appended, Writer
from tests.domain.samples import added
from tests.store.faulty_disk import Faults, FaultyDisk

pytestmark = pytest.mark.quick

CLIENTS, COMMANDS = 8, 25
STREAMS = ("image-a", "image-b", "image-c")


@pytest.fixture
def disk() -> Iterator[FaultyDisk]:
    mounted = FaultyDisk("faulty")
    yield mounted
    mounted.unregister()


@asynccontextmanager
async def at_work(folder: Path, disk: FaultyDisk) -> AsyncIterator[tuple[Handler, EventLog]]:
    log = EventLog.open(folder / "log.db", migrations(), vfs=disk.name)
    writer, reader = Writer(log, lambda _: None), LogReader.open(log.location)
    try:
        yield Handler(reader, writer), log
    finally:
        disk.faults.disarm()
        writer.close()
        reader.close()
        log.close()


def _origin(id_: str) -> Origin:
    return Origin(command_id=id_, correlation_id=id_, actor="user")


async def _until_acknowledged(handler: Handler, tag: str, stream: str) -> int:
    """As a program does that got an error: the same command again. How often it failed."""
    failed = 0
    while True:
        try:
            done = await handler.handle(_origin(tag), Step(stream, image, TagImage((tag,))))
        except (Fault, Conflict):
            failed += 1
            await asyncio.sleep(0)
        else:
            assert isinstance(done, Appended)
            return failed


async def _client(number: int, handler: Handler, faults: Faults, chance: random.Random) -> list[int]:
    outcomes = []
    for command in range(COMMANDS):
        if chance.random() < 0.5:
            faults.arm(chance.randint(1, 6), lasting=False, full=chance.random() < 0.5)
        outcomes.append(await _until_acknowledged(handler, f"tag-{number}-{command}", chance.choice(STREAMS)))
    return outcomes


def test_each_acknowledged_command_was_done_once(tmp_path: Path, disk: FaultyDisk) -> None:
    async def test() -> None:
        async with at_work(tmp_path, disk) as (handler, log):
            for stream in STREAMS:
                await handler.handle(_origin(stream), Step(stream, image, AddImage(added(stream))))
            chance = random.Random(1)
            clients = [_client(number, handler, disk.faults, chance) for number in range(CLIENTS)]
            repetitions = [sum(each) for each in await asyncio.gather(*clients)]
            assert sum(repetitions) > 0
            told = Counter(tag for each in log.read() if isinstance(each.event, ImageTagged) for tag in each.event.tags)
            assert told == {f"tag-{number}-{n}": 1 for number in range(CLIENTS) for n in range(COMMANDS)}
            assert log.verify().ok

    asyncio.run(test())


def test_a_repetition_is_answered_as_the_first_was_whatever_it_asks(tmp_path: Path, disk: FaultyDisk) -> None:
    async def test() -> None:
        async with at_work(tmp_path, disk) as (handler, log):
            await handler.handle(_origin("added"), Step("image-a", image, AddImage(added("a"))))
            first = await handler.handle(_origin("tag"), Step("image-a", image, TagImage(("sea",))))
            again = await handler.handle(_origin("tag"), Step("image-a", image, TagImage(("sky",))))
            assert first is not None
            assert again is not None
            assert (again.first, again.repeated) == (first.first, True)
            assert log.head.position == 2

    asyncio.run(test())
