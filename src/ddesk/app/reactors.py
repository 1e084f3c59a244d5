"""When X happens, then do Y. A reactor issues commands, each named after the event that it answers.

It goes through the log from where it left off, so it is never run for events that are merely read again: what it did
before is known by its command's id, and done at least once, never twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from ddesk.app.duty import Duty
from ddesk.app.feed import Feed
from ddesk.app.handle import Handler, Step
from ddesk.domain.job import EnqueueJob, job
from ddesk.events.envelope import Origin, Recorded
from ddesk.events.image import ImageAdded, ImagePurged
from ddesk.events.job import JobEnqueued
from ddesk.projections import gallery, jobs
from ddesk.store.log_reader import LogReader
from ddesk.store.media import Media

_EVENTS_AT_A_STRETCH = 256
_POSITIONS_BETWEEN_SAVES = 1_000
"""Reading that many events again takes a few milliseconds; writing after each would double what is synced to disk."""


class Reaction(Protocol):
    """One rule. `react` may be called again for an event that it has answered before."""

    @property
    def name(self) -> str: ...

    async def react(self, recorded: Recorded) -> bool:
        """Whether this event called for anything."""


class Thumbnails:
    """When a picture appears, a job makes its thumbnail."""

    name = "thumbnails"

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def react(self, recorded: Recorded) -> bool:
        if not isinstance(recorded.event, ImageAdded):
            return False
        image_id = recorded.stream.removeprefix(gallery.PREFIX)
        origin = Origin(
            command_id=f"{self.name}-{recorded.position}",
            correlation_id=recorded.correlation_id,
            actor="desk",
            causation=recorded.position,
        )
        enqueue = EnqueueJob(JobEnqueued(kind="thumbnail", subjects=(image_id,)))
        await self._handler.handle(origin, Step(f"{jobs.PREFIX}thumbnail-{image_id}", job, enqueue))
        return True


class Purges:
    """When a picture is purged, its files are removed."""

    name = "purges"

    def __init__(self, media: Media) -> None:
        self._media = media

    async def react(self, recorded: Recorded) -> bool:
        if not isinstance(recorded.event, ImagePurged):
            return False
        self._media.remove(recorded.stream.removeprefix(gallery.PREFIX))
        return True


class Reactor:
    """Drives one reaction along the log. `save` keeps the position up to which it has reacted."""

    def __init__(
        self,
        reaction: Reaction,
        reader: LogReader,
        feed: Feed,
        position: int,
        save: Callable[[str, int], Awaitable[None]],
    ) -> None:
        self._reaction = reaction
        self._reader = reader
        self._save = save
        self._news = asyncio.Event()
        self._news.set()
        self.position = self._saved = position
        self.duty = Duty(reaction.name, "Answers to what happens", self._turn, feed)
        feed.on_events(self._wake)

    def _wake(self, _events: Sequence[Recorded]) -> None:
        self._news.set()

    async def _turn(self) -> None:
        await self._news.wait()
        self._news.clear()
        try:
            await self._catch_up()
        except Exception:
            self._news.set()
            raise

    async def _catch_up(self) -> None:
        acted = False
        for recorded in self._reader.read(after=self.position):
            acted |= await self._reaction.react(recorded)
            self.position = recorded.position
            if self.position % _EVENTS_AT_A_STRETCH == 0:
                await asyncio.sleep(0)  # a new reactor has the whole log before it, and is not alone here
        if acted or self.position - self._saved >= _POSITIONS_BETWEEN_SAVES:
            await self._save(self._reaction.name, self.position)
            self._saved = self.position
