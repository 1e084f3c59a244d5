"""Many pictures are purged and forgotten by a job, which a kill may interrupt anywhere."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from ddesk.app import bulk
from ddesk.app.bulk import BulkChange, change_images
from ddesk.app.forgetting import Forgetting
from ddesk.app.handle import Step, by_desk
from ddesk.domain.image import AddImage, TagImage, TrashImage, image
from ddesk.domain.job import StartJob, job
from ddesk.events.job import JobEnqueued
from ddesk.store.log_reader import LogReader
from tests.app.queue_at_work import QueueAtWork, queue_at_work
from tests.domain.samples import added

pytestmark = pytest.mark.quick

IDS = tuple(f"{n:08}" for n in range(7))


class KilledError(BaseException):
    """Nothing that runs catches it, as nothing outlives a kill."""


async def scrubbed() -> None:
    pass


async def _trashed(at: QueueAtWork) -> None:
    await at.request("g")
    for id_ in IDS:
        for command in (AddImage(added("g")), TagImage(("sea", id_)), TrashImage()):
            await at.handler.handle(by_desk("test"), Step(f"image-{id_}", image, command))


async def _job(at: QueueAtWork) -> str:
    id_ = await change_images(at.handler, by_desk("test"), IDS, "forget", 0, ())
    assert id_ is not None
    await at.handler.handle(by_desk("test"), Step(f"job-{id_}", job, StartJob()))
    return id_


def _private(reader: LogReader) -> list[int]:
    return [each for id_ in IDS for each in reader.private_positions(f"image-{id_}")]


@pytest.mark.parametrize("killed_at", range(1, 8))
def test_what_a_killed_job_had_purged_is_forgotten_when_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 3)

    async def test() -> None:
        async with queue_at_work(tmp_path) as at:
            await _trashed(at)
            reader = LogReader.open(at.data.log)
            forgetting = Forgetting(at.handler, reader, scrubbed)
            work = BulkChange(at.handler, at.dispatcher.duty, forgetting)
            id_ = await _job(at)
            request = at.handler.state(f"job-{id_}", job).request
            assert isinstance(request, JobEnqueued)
            assert len(_private(reader)) == len(IDS)
            whole = at.handler.handle
            monkeypatch.setattr(at.handler, "handle", _killing(whole, killed_at))
            try:
                await work.make(id_, request)
            except KilledError:
                monkeypatch.setattr(at.handler, "handle", whole)
                await work.make(id_, request)
            assert _private(reader) == []
            assert all(at.handler.state(f"image-{each}", image).purged for each in IDS)
            reader.close()

    asyncio.run(test())


def _killing(whole: Callable[..., object], at: int) -> Callable[..., object]:
    calls = 0

    async def handle(*arguments: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == at:
            raise KilledError
        return await whole(*arguments, **named)  # type: ignore[misc]  # the handler's own

    return handle


def test_the_prompt_stays_while_a_picture_that_it_made_does(tmp_path: Path) -> None:
    """The generation here is not over: its request is kept, whatever becomes of its pictures."""

    async def test() -> None:
        async with queue_at_work(tmp_path) as at:
            await _trashed(at)
            reader = LogReader.open(at.data.log)
            forgetting = Forgetting(at.handler, reader, scrubbed)
            await change_images(at.handler, by_desk("test"), IDS[:2], "forget", 0, ())
            origin = by_desk("test")
            first = await forgetting.images(origin, IDS)
            assert len(first) == 2, "only what is purged"
            assert await forgetting.images(origin, IDS) == first, "the same command again tells the same"
            assert reader.private_positions("generation-g") == [1]
            reader.close()

    asyncio.run(test())
