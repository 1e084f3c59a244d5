"""Runs background jobs in the media worker, one after the other."""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence

from ddesk.app.duty import Duty
from ddesk.app.feed import Feed
from ddesk.app.handle import Handler, Step
from ddesk.app.worker_link import WorkCancelledError, WorkerLink, WorkerLostError, WorkFailedError
from ddesk.domain.image import RecordThumbnail, image
from ddesk.domain.job import CompleteJob, FailJob, InterruptJob, Job, JobCommand, StartJob, job
from ddesk.events.envelope import Recorded
from ddesk.events.image import ImageThumbnailMade
from ddesk.events.job import JobCancelled, JobEnqueued, JobRetried
from ddesk.logs import during
from ddesk.projections import gallery, jobs
from ddesk.protocol.messages import MakeThumbnail, ThumbnailMade
from ddesk.store.media import Media

_log = logging.getLogger(__name__)


class JobRunner:
    """Its `duty` lives as long as the desk. Nothing that goes wrong with one job keeps it from the next."""

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
        self.duty = Duty("job-runner", "Background jobs", self._turn, feed)
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

    async def _turn(self) -> None:
        id_ = await self._next()
        self.idle.clear()
        try:
            with during(f"job-{id_}"):
                await self._attempt(id_)
        except Exception:
            await self._do(id_, FailJob(code="internal_error", words="The desk made a mistake over this job."))
            raise
        finally:
            self.idle.set()

    async def _next(self) -> str:
        while not self._waiting or not self._link.is_up:
            self._link.changed.clear()
            await self._link.changed.wait()
        first = next(iter(self._waiting))
        del self._waiting[first]
        return first

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
            await self._do(id_, InterruptJob(why=lost.why, words=lost.words))

    async def _make_thumbnail(self, id_: str, image_id: str) -> None:
        began = time.monotonic()
        path = str(self._media.image_path(image_id))
        work = MakeThumbnail(work_id=f"job-{id_}", path=path, side=self.thumbnail_side)
        done, webp = await self._link.do(work)
        assert isinstance(done, ThumbnailMade)
        await self.duty.outlast(lambda: asyncio.to_thread(self._media.save_thumbnail, image_id, webp))
        made = ImageThumbnailMade(width=done.width, height=done.height, file_size=len(webp))
        seconds = round(time.monotonic() - began, 3)
        await self._do(id_, CompleteJob(seconds), Step(gallery.PREFIX + image_id, image, RecordThumbnail(made)))
        _log.info("Thumbnail of %s: %.3f s", image_id, seconds)

    def _state(self, id_: str) -> Job:
        state = self._handler.state(jobs.PREFIX + id_, job)
        assert isinstance(state, Job)
        return state

    async def _do(self, id_: str, command: JobCommand, *more: Step) -> None:
        step = Step(jobs.PREFIX + id_, job, command)
        origin = self._handler.on_account_of(step.stream)
        await self.duty.outlast(lambda: self._handler.handle(origin, step, *more))
