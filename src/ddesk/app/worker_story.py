"""Tells each worker's story to the log, and what a person should know of it to whoever watches."""

import asyncio

from ddesk.app.duty import Duty
from ddesk.app.feed import Feed
from ddesk.app.handle import Handler, Step, by_desk
from ddesk.app.notices import Alert
from ddesk.domain.worker import RecordWorker, worker
from ddesk.events.worker import (
    ModelLoaded,
    ModelUnloaded,
    WorkerEvent,
    WorkerLost,
    WorkerQuarantined,
    WorkerReady,
    WorkerStarted,
    WorkerStopped,
)
from ddesk.projections.system import PREFIX
from ddesk.protocol.messages import ModelLoadDone, ModelUnloadDone
from ddesk.supervision.notices import (
    SupervisorNotice,
    WorkerConnected,
    WorkerGone,
    WorkerHeldDown,
    WorkerSaid,
    WorkerSpawned,
)
from ddesk.supervision.stderr_tail import HOPELESS


class WorkerStory:
    """`hear` is called on the loop; the `duty` writes what was heard, in order."""

    def __init__(self, handler: Handler, feed: Feed) -> None:
        self._handler = handler
        self._feed = feed
        self.duty = Duty("worker-story", "Reports of the workers", self._turn, feed)
        self._heard: asyncio.Queue[tuple[str, WorkerEvent]] = asyncio.Queue()
        self._pids: dict[str, int] = {}

    def hear(self, notice: SupervisorNotice) -> None:
        if isinstance(notice, WorkerSpawned):
            self._pids[notice.worker] = notice.pid
        if event := self._event(notice):
            self._heard.put_nowait((notice.worker, event))
        if alert := _alert(notice):
            self._feed.notice(alert)

    async def settled(self) -> None:
        """Until all that was heard is written."""
        await self._heard.join()

    async def _turn(self) -> None:
        name, event = await self._heard.get()
        origin, step = by_desk(f"worker-{name}"), Step(PREFIX + name, worker, RecordWorker(event))
        try:
            await self.duty.outlast(lambda: self._handler.handle(origin, step))
        finally:
            self._heard.task_done()

    def _event(self, notice: SupervisorNotice) -> WorkerEvent | None:
        match notice:
            case WorkerSpawned(pid=pid, restarts=restarts):
                return WorkerStarted(pid=pid, restarts=restarts)
            case WorkerConnected(hello=hello):
                return WorkerReady(
                    pid=hello.pid,
                    engine=hello.engine,
                    engine_version=hello.engine_version,
                    backend=hello.backend,
                    device=hello.device,
                )
            case WorkerGone(on_purpose=None):
                return WorkerLost(
                    pid=notice.pid,
                    cause=notice.cause,
                    words=notice.words,
                    exit_code=notice.exit_code,
                    signal=notice.signal,
                    stderr_tail=notice.stderr_tail,
                )
            case WorkerGone(on_purpose=why, pid=pid) if why is not None:
                return WorkerStopped(pid=pid, why=why)
            case WorkerHeldDown(losses=losses, within_seconds=seconds):
                return WorkerQuarantined(losses=losses, within_seconds=seconds)
            case WorkerSaid():
                return self._model_event(notice)
            case _:
                return None

    def _model_event(self, notice: WorkerSaid) -> WorkerEvent | None:
        pid = self._pids.get(notice.worker, 0)
        match notice.message:
            case ModelLoadDone() as done:
                return ModelLoaded(
                    pid=pid,
                    preset_id=done.preset_id,
                    seconds=done.seconds,
                    weights_mb=done.weights_mb,
                    signature=done.signature,
                )
            case ModelUnloadDone(preset_id=str(preset_id), depth="hard", why=why):
                return ModelUnloaded(pid=pid, preset_id=preset_id, why=why)
            case _:
                return None


def _alert(notice: SupervisorNotice) -> Alert | None:
    match notice:
        case WorkerGone(on_purpose=None, worker=name, words=words, cause=cause) if cause not in HOPELESS:
            return Alert(
                level="error",
                code="worker_lost",
                title=f"The {name} worker was lost",
                words=f"{words} It is being started again, and its work goes back to the front.",
            )
        case WorkerHeldDown(worker=name, words=words, cause=cause) if cause in HOPELESS:
            return Alert(
                level="error",
                code="worker_quarantined",
                title=f"The {name} worker can't run on this machine",
                words=words,
            )
        case WorkerHeldDown(worker=name, losses=losses, within_seconds=seconds, words=words):
            return Alert(
                level="error",
                code="worker_quarantined",
                title=f"The {name} worker stays down",
                words=f"It was lost {losses} times in {seconds:.0f} seconds with no work to blame."
                f" The last time: {words} Restart it on the System screen.",
            )
        case _:
            return None
