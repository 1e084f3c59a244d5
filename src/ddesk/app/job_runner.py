"""Runs background jobs in the media worker, one after the other."""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence

from ddesk.app.feed import Feed
from ddesk.app.handle import Handler, Step
from ddesk.app.worker_link import WorkCancelledError, WorkerLink, WorkerLostError, WorkFailedError
from ddesk.domain.image import RecordThumbnail, image
from ddesk.domain.job import CompleteJob, FailJob, InterruptJob, Job, JobCommand, StartJob, job
from ddesk.errors import DeskError
from ddesk.events.envelope import Recorded
from ddesk.events.image import ImageThumbnailMade
from ddesk.events.job import JobCancelled, JobEnqueued, JobRetried
from ddesk.logs import during
from ddesk.projections import gallery, jobs
from ddesk.protocol.messages import MakeThumbnail, ThumbnailMade
from ddesk.store.media import Media

_log = logging.getLogger(__name__)
_SECONDS_BEFORE_TRYING_AGAIN = 5.0


class JobRunner:
    """`run` lives as long as the desk. Nothing that goes wrong with one job ends it."""

    def __init__(
        self,
        *,
        handler: Handler,
        link: WorkerLink,
        feed: Feed,
        media: Media,
        waiting: Iterable[str],
        thumbnail_side: int,
    ) -> None:
        self._handler = handler
        self._link = link
        self._media = media
        self._waiting = dict.fromkeys(waiting)
        self.thumbnail_side = thumbnail_side
        self.idle = asyncio.Event()
        self.idle.set()
        feed.on_events(self._take_in)

    def _take_in(self, events: Sequence[Recorded]) -> None:
        for recorded in events:
            id_ = recorded.stream.removeprefix(jobs.PREFIX)
            match recorded.event:
                case JobEnqueued() | JobRetried():
                    self._waiting[id_] = None
                case JobCancelled():
                    self._waiting.pop(id_, None)
        self._link.changed.set()

    async def run(self) -> None:
        while True:
            id_ = await self._next()
            self.idle.clear()
            with during(f"job-{id_}"):
                await self._settle(id_)
            self.idle.set()

    async def _next(self) -> str:
        while not self._waiting or not self._link.is_up:
            self._link.changed.clear()
            await self._link.changed.wait()
        first = next(iter(self._waiting))
        del self._waiting[first]
        return first

    async def _settle(self, id_: str) -> None:
        """Do it, or record why not. A fault of the desk's own, such as a full disk, is waited out."""
        while True:
            try:
                await self._attempt(id_)
            except (DeskError, OSError) as fault:
                _log.error("The job is held up: %s", fault)
                await asyncio.sleep(_SECONDS_BEFORE_TRYING_AGAIN)
            else:
                return

    async def _attempt(self, id_: str) -> None:
        await self._do(id_, StartJob())
        state = self._state(id_)
        if state.status != "running":
            return
        try:
            await self._make_thumbnail(id_, state.subject)
        except WorkFailedError as failed:
            await self._do(id_, FailJob(code=failed.code, words=failed.words, detail=failed.detail))
        except WorkCancelledError:
            _log.info("The job was stopped")
        except WorkerLostError as lost:
            closed = lost.gone.on_purpose == "shutdown"
            why, words = ("desk_closed", "The desk was closed.") if closed else (lost.gone.cause, lost.gone.words)
            await self._do(id_, InterruptJob(why=why, words=words))

    async def _make_thumbnail(self, id_: str, image_id: str) -> None:
        began = time.monotonic()
        path = str(self._media.image_path(image_id))
        work = MakeThumbnail(work_id=f"job-{id_}", path=path, side=self.thumbnail_side)
        done, webp = await self._link.do(work)
        assert isinstance(done, ThumbnailMade)
        await asyncio.to_thread(self._media.save_thumbnail, image_id, webp)
        made = ImageThumbnailMade(width=done.width, height=done.height, file_size=len(webp))
        seconds = round(time.monotonic() - began, 3)
        await self._handler.handle(
            self._handler.on_account_of(jobs.PREFIX + id_),
            self._step(id_, CompleteJob(seconds)),
            Step(gallery.PREFIX + image_id, image, RecordThumbnail(made)),
        )
        _log.info("Thumbnail of %s: %.3f s", image_id, seconds)

    def _state(self, id_: str) -> Job:
        state = self._handler.state(jobs.PREFIX + id_, job)
        assert isinstance(state, Job)
        return state

    def _step(self, id_: str, command: JobCommand) -> Step:
        return Step(jobs.PREFIX + id_, job, command)

    async def _do(self, id_: str, command: JobCommand) -> None:
        step = self._step(id_, command)
        await self._handler.handle(self._handler.on_account_of(step.stream), step)
