"""Makes thumbnails, in the media worker."""

import asyncio
from collections.abc import Sequence

from ddesk.app.handle import Step
from ddesk.app.job_runner import JobRunner
from ddesk.app.worker_link import WorkerLink
from ddesk.domain.image import RecordThumbnail, image
from ddesk.events.image import ImageThumbnailMade
from ddesk.events.job import JobEnqueued
from ddesk.projections import gallery
from ddesk.protocol.messages import MakeThumbnail, ThumbnailMade
from ddesk.store.media import Media


class ThumbnailMaker:
    """`side` is the longer one, in pixels. On a full disk it waits until there is room."""

    def __init__(self, link: WorkerLink, media: Media, runner: JobRunner, side: int) -> None:
        self.runner = runner
        self.side = side
        self._link = link
        self._media = media
        runner.take({"thumbnail": self.make})

    async def make(self, job_id: str, request: JobEnqueued) -> Sequence[Step]:
        (image_id,) = request.subjects
        path = str(self._media.image_path(image_id))
        done, webp = await self._link.do(MakeThumbnail(work_id=f"job-{job_id}", path=path, side=self.side))
        assert isinstance(done, ThumbnailMade)
        await self.runner.duty.outlast(lambda: asyncio.to_thread(self._media.save_thumbnail, image_id, webp))
        made = ImageThumbnailMade(width=done.width, height=done.height, file_size=len(webp))
        return [Step(gallery.PREFIX + image_id, image, RecordThumbnail(made))]
