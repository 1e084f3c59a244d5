"""Who does what goes on in the background."""

import asyncio
from collections.abc import Callable
from functools import partial

from ddesk.app.crew import Crew
from ddesk.app.feed import Feed
from ddesk.app.handle import Handler
from ddesk.app.job_runner import JobRunner
from ddesk.app.reactors import Reaction, Reactor
from ddesk.app.thumbnails import ThumbnailMaker
from ddesk.bootstrap.stores import Store
from ddesk.projections import jobs
from ddesk.settings import Settings
from ddesk.store.media import Media


def job_runners(
    store: Store, handler: Handler, feed: Feed, crew: Crew, media: Media, settings: Settings
) -> tuple[ThumbnailMaker, JobRunner]:
    """That of the jobs which the media worker does, and that of those which the desk does itself."""
    link, always = crew.links["media"], asyncio.Event()

    def runner(name: str, changed: asyncio.Event, is_ready: Callable[[], bool]) -> JobRunner:
        waiting = partial(jobs.waiting, store.read_models)
        return JobRunner(name=name, handler=handler, feed=feed, waiting=waiting, changed=changed, is_ready=is_ready)

    making = runner("thumbnail-jobs", link.changed, lambda: link.is_up)
    thumbnails = ThumbnailMaker(link, media, making, settings.thumbnail_side)
    errands = runner("desk-jobs", always, lambda: True)
    return thumbnails, errands


def reactor(reaction: Reaction, store: Store, feed: Feed) -> Reactor:
    async def save(name: str, position: int) -> None:
        await asyncio.wrap_future(store.writer.call(lambda: store.log.save_reactor_position(name, position)))

    return Reactor(reaction, store.reader, feed, store.log.reactor_position(reaction.name), save)
