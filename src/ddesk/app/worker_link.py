"""Working with one worker from the event loop: send work, await its end, hear how it goes."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from ddesk.domain.interruption import DESK_CLOSED
from ddesk.errors import DeskError
from ddesk.protocol.messages import (
    FromWorker,
    Hello,
    ImageMade,
    ModelLoadDone,
    ModelUnloadDone,
    Preview,
    Progress,
    ThumbnailMade,
    UnloadModel,
    Work,
    WorkCancelled,
    WorkFailed,
)
from ddesk.supervision.notices import (
    SupervisorNotice,
    WorkerConnected,
    WorkerGone,
    WorkerHeldDown,
    WorkerSaid,
    WorkerSpawned,
)

_log = logging.getLogger(__name__)
Done = ModelLoadDone | ModelUnloadDone | ImageMade | ThumbnailMade
Update = Callable[[Progress | Preview, bytes], None]


class WorkFailedError(DeskError):
    """The worker could not do it, and lives on."""

    def __init__(self, code: str, words: str, detail: str = "") -> None:
        super().__init__(code, words)
        self.detail = detail


class WorkCancelledError(Exception):
    """It was stopped because someone asked for that."""


class WorkerLostError(Exception):
    """The worker's process has ended under it. `why` and `words` are for the story of what it worked on."""

    def __init__(self, gone: WorkerGone) -> None:
        super().__init__(gone.words)
        self.gone = gone
        closed = gone.on_purpose == "shutdown"
        self.why = DESK_CLOSED if closed else gone.cause
        self.words = "The desk was closed." if closed else gone.words or "Its worker was restarted."


class Hands(Protocol):
    """What the link needs of the supervisor."""

    def send(self, worker: str, work: Work) -> None: ...

    def cancel(self, worker: str, work_id: str) -> None: ...

    def preview_seen(self, worker: str, work_id: str) -> None: ...


class WorkerLink:
    """One worker, one piece of work at a time."""

    def __init__(self, worker: str, hands: Hands) -> None:
        self.worker = worker
        self.hello: Hello | None = None
        self.preset_loaded: str | None = None
        self.changed = asyncio.Event()
        self._hands = hands
        self._over: WorkerGone | None = None
        self._work: Work | None = None
        self._result: asyncio.Future[tuple[Done, bytes]] | None = None
        self._update: Update | None = None
        self._free = asyncio.Lock()

    @property
    def is_up(self) -> bool:
        return self.hello is not None

    @property
    def work_id(self) -> str | None:
        return self._work.work_id if self._work else None

    async def do(self, work: Work, update: Update | None = None) -> tuple[Done, bytes]:
        """Send it, after what was sent before has ended, and await its end; `update` hears of its progress.

        Raises WorkFailedError, WorkCancelledError or WorkerLostError; the last at once where nobody would do it.
        """
        async with self._free:
            if self._over:
                raise WorkerLostError(self._over)
            self._work, self._update = work, update
            self._result = asyncio.get_running_loop().create_future()
            self._hands.send(self.worker, work)
            try:
                return await self._result
            finally:
                self._work = self._update = self._result = None

    def close(self) -> None:
        """There is no worker any more, and won't be: the desk is closing."""
        self._over = WorkerGone(worker=self.worker, pid=0, on_purpose="shutdown")
        self._end(WorkerLostError(self._over))

    def cancel(self) -> None:
        """What it works on; what lets a model go is over soon, and others wait for it."""
        if self._work and not isinstance(self._work, UnloadModel):
            self._hands.cancel(self.worker, self._work.work_id)

    def hear(self, notice: SupervisorNotice) -> None:
        """Take in a notice of this worker; called on the loop."""
        match notice:
            case WorkerConnected(hello=hello):
                self.hello = hello
            case WorkerSaid(message=message, frame=frame):
                self._hear_message(message, frame)
            case WorkerGone():
                self.hello = self.preset_loaded = None
                self._hear_gone(notice)
            case WorkerHeldDown():
                self._give_up(notice)
            case WorkerSpawned():
                self._over = None
        self.changed.set()

    def _hear_gone(self, gone: WorkerGone) -> None:
        """Work that was not in the process's hands yet goes to the next one, unless there will be none."""
        if gone.on_purpose == "shutdown" or (gone.work_id is not None and gone.work_id == self.work_id):
            self._end(WorkerLostError(gone))

    def _give_up(self, held: WorkerHeldDown) -> None:
        """What waits would wait for a person to restart the worker: it is better told to be lost."""
        self.cancel()
        words = f"The {self.worker} worker stays down. {held.words}".rstrip()
        self._over = WorkerGone(worker=self.worker, pid=0, on_purpose=None, cause=held.cause, words=words)
        self._end(WorkerLostError(self._over))

    def _hear_message(self, message: FromWorker, frame: bytes) -> None:
        match message:
            case ModelLoadDone(preset_id=preset_id):
                self.preset_loaded = preset_id
            case ModelUnloadDone(depth="hard"):
                self.preset_loaded = None
            case Preview(work_id=work_id):
                self._hands.preview_seen(self.worker, work_id)
            case _:
                pass
        if getattr(message, "work_id", None) != self.work_id or self._work is None:
            return
        match message:
            case Progress() | Preview():
                if self._update:
                    self._update(message, frame)
            case WorkFailed(code=code, words=words, detail=detail):
                self._end(WorkFailedError(code, words, detail))
            case WorkCancelled():
                self._end(WorkCancelledError())
            case ModelLoadDone() | ModelUnloadDone() | ImageMade() | ThumbnailMade():
                self._end((message, frame))
            case _:
                pass

    def _end(self, outcome: tuple[Done, bytes] | Exception) -> None:
        if self._result is None or self._result.done():
            return
        if isinstance(outcome, Exception):
            self._result.set_exception(outcome)
        else:
            self._result.set_result(outcome)
