"""When a backup is due, and where it may go."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from ddesk.app.backups import Backups, folder_for, seconds_until_due
from ddesk.errors import Invalid
from ddesk.events.envelope import Recorded
from ddesk.events.job import JobEnqueued
from ddesk.paths import DataDir
from ddesk.settings import Settings
from ddesk.store.event_log import now
from ddesk.store.log_reader import LogReader
from tests.app.queue_at_work import QueueAtWork, queue_at_work

pytestmark = pytest.mark.quick

HOUR = 3_600_000_000
DAILY = Settings(backup_every_hours=24)
_SECONDS = 30.0


@pytest.mark.parametrize(
    ("hours", "passed", "seconds"),
    [(24, 0, 24 * 3600), (24, 23 * HOUR, 3600), (24, 25 * HOUR, 0), (0, 25 * HOUR, None)],
)
def test_the_next_is_due_so_long_after_the_last(hours: int, passed: int, seconds: float | None) -> None:
    assert seconds_until_due(hours, 7 * HOUR, 7 * HOUR + passed) == seconds


@pytest.mark.parametrize("named", ["backups", "data", "data/images", "data/backups/../thumbs"])
def test_a_folder_among_the_desks_own_or_one_of_nowhere_is_refused(tmp_path: Path, named: str) -> None:
    data = DataDir(tmp_path / "data")
    with pytest.raises(Invalid):
        folder_for(data, named if named == "backups" else str(tmp_path / named))
    assert folder_for(data, "") == folder_for(data, str(data.backups)) == data.backups


class _Clock:
    def __init__(self) -> None:
        self.hours = 0

    def __call__(self) -> int:
        return now() + self.hours * HOUR


class _Asked:
    """The backups that were asked for, to be awaited."""

    def __init__(self, at: QueueAtWork) -> None:
        self._jobs: asyncio.Queue[Recorded] = asyncio.Queue()
        at.feed.on_events(self._hear)

    def _hear(self, events: Sequence[Recorded]) -> None:
        for each in events:
            if isinstance(each.event, JobEnqueued):
                self._jobs.put_nowait(each)

    async def next(self) -> Recorded:
        return await asyncio.wait_for(self._jobs.get(), _SECONDS)

    @property
    def none(self) -> bool:
        return self._jobs.empty()


def test_one_is_made_when_it_is_due_and_the_next_a_day_later(tmp_path: Path) -> None:
    async def test() -> None:
        async with queue_at_work(tmp_path) as at:
            await at.request("a")
            clock, asked = _Clock(), _Asked(at)
            clock.hours = 25
            backups = _backups(at, clock, DAILY)
            await backups.duty.once()
            told = await asked.next()
            assert isinstance(told.event, JobEnqueued)
            assert (told.event.kind, told.actor) == ("backup", "desk")

            waiting = asyncio.create_task(backups.duty.once())
            await asyncio.sleep(0)
            assert asked.none, "also where that one was not made yet, or failed"
            clock.hours = 50
            backups.follow(DAILY)  # ends the waiting, as any change of the settings does
            await waiting
            await backups.duty.once()
            await asked.next()

    asyncio.run(test())


def test_none_is_ever_due_where_none_is_wanted_until_that_is_changed(tmp_path: Path) -> None:
    async def test() -> None:
        async with queue_at_work(tmp_path) as at:
            await at.request("a")
            clock, asked = _Clock(), _Asked(at)
            clock.hours = 9_000
            backups = _backups(at, clock, replace(DAILY, backup_every_hours=0))
            scheduled = asyncio.create_task(backups.duty.run())
            await asyncio.sleep(0)
            assert asked.none
            backups.follow(DAILY)
            await asked.next()
            scheduled.cancel()

    asyncio.run(test())


def _backups(at: QueueAtWork, clock: _Clock, settings: Settings) -> Backups:
    reader = LogReader.open(at.data.log)
    return Backups(
        data=at.data, settings=settings, handler=at.handler, reader=reader, feed=at.feed, program="1", clock=clock
    )
