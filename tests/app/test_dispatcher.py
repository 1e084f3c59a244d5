import asyncio
import errno
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ddesk.domain.generation import CancelGeneration, RetryGeneration
from ddesk.protocol.messages import LoadModel, MakeImage, WorkCancelled, WorkFailed
from ddesk.supervision.notices import WorkerGone, WorkerSaid
from tests.app.queue_at_work import QueueAtWork, queue_at_work

pytestmark = pytest.mark.quick

Test = Callable[[QueueAtWork], Awaitable[None]]


def run(folder: Path, test: Test) -> None:
    async def at_work() -> None:
        async with queue_at_work(folder) as at:
            await test(at)

    asyncio.run(at_work())


def test_what_waits_is_made_one_after_the_other(tmp_path: Path) -> None:
    async def test(at: QueueAtWork) -> None:
        await at.request("a")
        at.connect()
        load = await at.next_work()
        at.answer(load)
        first = await at.next_work()
        at.answer(first)
        second = await at.next_work()
        at.answer(second)
        await at.until("a", "completed")
        assert [type(each) for each in (load, first, second)] == [LoadModel, MakeImage, MakeImage]
        assert len(list(at.data.images.rglob("*.png"))) == 2

    run(tmp_path, test)


def test_what_the_log_knows_to_be_cancelled_does_not_spin_the_loop(tmp_path: Path) -> None:
    """The cancel is in the log, and the dispatcher has not heard of it: it comes with the next turn of the loop."""

    async def test(at: QueueAtWork) -> None:
        await at.request("a", "b")
        told = at.feed._event_listeners.pop()
        await at.do("a", CancelGeneration())
        at.feed._event_listeners.append(told)
        at.connect()
        load = await at.next_work()
        assert load.work_id == "load-b"
        assert at.dispatcher.waiting.order == ()

    run(tmp_path, test)


def test_a_cancel_while_the_model_is_looked_at_loads_nothing(tmp_path: Path) -> None:
    async def test(at: QueueAtWork) -> None:
        at.models.seen.clear()
        await at.request("a")
        at.connect()
        await at.models.looking.wait()
        await at.do("a", CancelGeneration())
        at.models.seen.set()
        await at.dispatcher.idle.wait()
        assert at.hands.work.empty()

    run(tmp_path, test)


def test_a_cancel_while_the_file_is_written_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(at: QueueAtWork) -> None:
        loop, save = asyncio.get_running_loop(), at.media.save_image

        def cancelled_meanwhile(image_id: str, png: bytes) -> None:
            save(image_id, png)
            asyncio.run_coroutine_threadsafe(at.do("a", CancelGeneration()), loop).result()

        monkeypatch.setattr(at.media, "save_image", cancelled_meanwhile)
        await at.request("a")
        at.connect()
        at.answer(await at.next_work())
        at.answer(await at.next_work())
        await at.dispatcher.idle.wait()
        assert at.state("a").status == "cancelled"
        assert not list(at.data.images.rglob("*.png"))

    run(tmp_path, test)


def test_the_failure_of_what_was_cancelled_is_not_that_of_its_retry(tmp_path: Path) -> None:
    async def test(at: QueueAtWork) -> None:
        await at.request("a")
        at.connect()
        load = await at.next_work()
        await at.do("a", CancelGeneration())
        await at.do("a", RetryGeneration())
        failed = WorkFailed(work_id=load.work_id, code="engine_error", words="It went wrong.")
        at.link.hear(WorkerSaid(worker="image", message=failed))
        assert (await at.next_work()).work_id == "load-a"
        assert at.state("a").status == "running"

    run(tmp_path, test)


def test_a_full_disk_is_waited_out_with_the_picture_in_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(at: QueueAtWork) -> None:
        save, failures = at.media.save_image, [OSError(errno.ENOSPC, "No space"), OSError(errno.ENOSPC, "No space")]
        stalled: list[str | None] = []

        def full_at_first(image_id: str, png: bytes) -> None:
            stalled.append(at.dispatcher.duty.stalled)
            if failures:
                raise failures.pop()
            save(image_id, png)

        monkeypatch.setattr(at.media, "save_image", full_at_first)
        await at.request("a")
        at.connect()
        for _ in range(3):
            at.answer(await at.next_work())
        await at.until("a", "completed")
        assert stalled == [None, "[Errno 28] No space", "[Errno 28] No space", None]
        assert at.dispatcher.duty.stalled is None
        assert at.hands.work.empty(), "nothing was made twice"
        assert len(list(at.data.images.rglob("*.png"))) == 2

    run(tmp_path, test)


def test_a_mistake_over_one_picture_fails_it_and_the_next_is_made(tmp_path: Path) -> None:
    async def test(at: QueueAtWork) -> None:
        at.models.mistake = KeyError("never thought of")
        await at.request("a")
        at.connect()
        await at.until("a", "failed")
        at.models.mistake = None
        await at.request("b")
        assert (await at.next_work()).work_id == "load-b"

    run(tmp_path, test)


def test_a_desk_that_closes_between_two_pieces_of_work_blames_nobody(tmp_path: Path) -> None:
    async def test(at: QueueAtWork) -> None:
        at.models.seen.clear()
        await at.request("a")
        at.connect()
        await at.models.looking.wait()
        at.link.hear(WorkerGone(worker="image", pid=1, on_purpose="shutdown"))
        at.link.close()
        at.models.seen.set()
        await at.until("a", "queued")
        assert at.state("a").losses == 0

    run(tmp_path, test)


def test_a_cancel_reaches_the_worker(tmp_path: Path) -> None:
    async def test(at: QueueAtWork) -> None:
        await at.request("a", "b")
        at.connect()
        load = await at.next_work()
        await at.do("a", CancelGeneration())
        await asyncio.sleep(0)
        assert at.hands.cancelled == [load.work_id]
        at.link.hear(WorkerSaid(worker="image", message=WorkCancelled(work_id=load.work_id)))
        assert (await at.next_work()).work_id == "load-b"

    run(tmp_path, test)
