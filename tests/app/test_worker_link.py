import asyncio
from collections.abc import Awaitable, Callable

import pytest

from ddesk.app.worker_link import WorkCancelledError, WorkerLink, WorkerLostError, WorkFailedError
from ddesk.protocol.messages import (
    FromWorker,
    Hello,
    LoadModel,
    MakeThumbnail,
    ModelLoadDone,
    ModelSpec,
    Preview,
    Progress,
    ThumbnailMade,
    Work,
    WorkCancelled,
    WorkFailed,
)
from ddesk.supervision.notices import WorkerConnected, WorkerGone, WorkerHeldDown, WorkerSaid

pytestmark = pytest.mark.quick

WORK = MakeThumbnail(work_id="w", path="/picture.png", side=32)
MADE = ThumbnailMade(work_id="w", width=32, height=32)
LOST = WorkerGone(worker="media", pid=1, on_purpose=None, cause="killed", words="It was killed.", work_id="w")


class Hands:
    """Remembers what it was told to do."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []

    def send(self, worker: str, work: Work) -> None:
        self.done.append(("send", work.work_id))

    def cancel(self, worker: str, work_id: str) -> None:
        self.done.append(("cancel", work_id))

    def preview_seen(self, worker: str, work_id: str) -> None:
        self.done.append(("seen", work_id))


def said(message: FromWorker, frame: bytes = b"") -> WorkerSaid:
    return WorkerSaid(worker="media", message=message, frame=frame)


def run(test: Callable[[WorkerLink, Hands], Awaitable[None]]) -> None:
    async def with_link() -> None:
        hands = Hands()
        await test(WorkerLink("media", hands), hands)

    asyncio.run(with_link())


def how(link: WorkerLink) -> tuple[bool, str | None]:
    return link.is_up, link.preset_loaded


async def working(link: WorkerLink, work: Work = WORK) -> asyncio.Task[object]:
    """The work under way: sent, and not answered yet."""
    task: asyncio.Task[object] = asyncio.create_task(link.do(work))
    await asyncio.sleep(0)
    return task


def test_work_ends_with_what_was_made_and_its_bytes() -> None:
    async def test(link: WorkerLink, hands: Hands) -> None:
        task = await working(link)
        link.hear(said(MADE, b"webp"))
        assert await task == (MADE, b"webp")
        assert hands.done == [("send", "w")]
        assert link.work_id is None

    run(test)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (WorkFailed(work_id="w", code="file_missing", words="It is gone."), WorkFailedError),
        (WorkCancelled(work_id="w"), WorkCancelledError),
    ],
)
def test_work_ends_in_other_ways_too(answer: FromWorker, error: type[Exception]) -> None:
    async def test(link: WorkerLink, _: Hands) -> None:
        task = await working(link)
        link.hear(said(answer))
        with pytest.raises(error):
            await task

    run(test)


def test_what_is_said_of_other_work_does_not_end_this() -> None:
    async def test(link: WorkerLink, _: Hands) -> None:
        task = await working(link)
        link.hear(said(ThumbnailMade(work_id="another", width=1, height=1)))
        assert not task.done()
        link.hear(said(MADE))
        await task

    run(test)


def test_work_in_the_hands_of_a_lost_process_is_lost() -> None:
    async def test(link: WorkerLink, _: Hands) -> None:
        task = await working(link)
        link.hear(LOST)
        with pytest.raises(WorkerLostError) as lost:
            await task
        assert lost.value.gone is LOST

    run(test)


def test_work_that_still_waited_is_done_by_the_next_process() -> None:
    async def test(link: WorkerLink, hands: Hands) -> None:
        task = await working(link)
        link.hear(WorkerGone(worker="media", pid=1, on_purpose=None, work_id="restore:x"))
        link.hear(WorkerGone(worker="media", pid=2, on_purpose=None, work_id=None))
        assert not task.done()
        link.hear(said(MADE))
        await task
        assert hands.done == [("send", "w")]

    run(test)


def test_when_the_desk_closes_what_waits_is_lost_too() -> None:
    async def test(link: WorkerLink, _: Hands) -> None:
        task = await working(link)
        link.hear(WorkerGone(worker="media", pid=1, on_purpose="shutdown", work_id=None))
        with pytest.raises(WorkerLostError):
            await task

    run(test)


def test_a_worker_that_is_held_down_does_not_keep_its_work_waiting() -> None:
    async def test(link: WorkerLink, hands: Hands) -> None:
        task = await working(link)
        words = "It ran out of memory."
        link.hear(WorkerHeldDown(worker="media", losses=3, within_seconds=60.0, cause="out_of_memory", words=words))
        with pytest.raises(WorkerLostError) as lost:
            await task
        assert (lost.value.why, words in lost.value.words) == ("out_of_memory", True)
        assert hands.done == [("send", "w"), ("cancel", "w")]

    run(test)


def test_progress_is_passed_on_and_a_preview_is_confirmed() -> None:
    async def test(link: WorkerLink, hands: Hands) -> None:
        heard: list[tuple[object, bytes]] = []
        task = asyncio.create_task(link.do(WORK, lambda message, frame: heard.append((message, frame))))
        await asyncio.sleep(0)
        progress = Progress(work_id="w", phase="sampling", step=1, steps=2)
        preview = Preview(work_id="w", step=1, width=8, height=8)
        link.hear(said(progress))
        link.hear(said(preview, b"jpeg"))
        link.hear(said(MADE))
        await task
        assert heard == [(progress, b""), (preview, b"jpeg")]
        assert hands.done == [("send", "w"), ("seen", "w")]

    run(test)


def test_a_worker_is_up_from_its_hello_to_its_end_and_its_model_known_meanwhile() -> None:
    async def test(link: WorkerLink, _: Hands) -> None:
        assert how(link) == (False, None)
        hello = Hello(protocol=1, kind="media", channel="work", secret="", pid=1)
        link.hear(WorkerConnected(worker="media", hello=hello))
        assert how(link) == (True, None)
        load = LoadModel(work_id="l", model=ModelSpec(preset_id="toy", paths={}))
        task = await working(link, load)
        link.hear(said(ModelLoadDone(work_id="l", preset_id="toy", seconds=0.1, weights_mb={})))
        await task
        assert how(link) == (True, "toy")
        link.hear(LOST)
        assert how(link) == (False, None)

    run(test)


def test_a_cancel_is_asked_for_only_while_there_is_work() -> None:
    async def test(link: WorkerLink, hands: Hands) -> None:
        link.cancel()
        task = await working(link)
        link.cancel()
        link.hear(said(WorkCancelled(work_id="w")))
        with pytest.raises(WorkCancelledError):
            await task
        assert hands.done == [("send", "w"), ("cancel", "w")]

    run(test)
