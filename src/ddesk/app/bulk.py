"""What a person does to many pictures: at once where they are few, else as a job in chunks.

All of it has one correlation id, by which it is undone as one. A chunk is appended together with how far the job has
come, under an id of its own: after a kill the job goes on where it was, and nothing is done twice.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace

from ddesk.app.duty import Duty
from ddesk.app.forgetting import Forgetting
from ddesk.app.handle import Handler, Step
from ddesk.domain.decider import Decider
from ddesk.domain.image import Action, Image, ImageChange, ImageCommand, change, image
from ddesk.domain.job import AdvanceJob, EnqueueJob, Job, job
from ddesk.errors import Conflict, NotFound
from ddesk.events.envelope import Actor, Origin
from ddesk.events.ids import new_id
from ddesk.events.image import ImageEvent
from ddesk.events.job import JobEnqueued
from ddesk.projections import gallery, jobs

CHUNK = 1_000
"""Pictures in one transaction."""


def _leniently(state: Image, command: ImageCommand) -> Sequence[ImageEvent]:
    """Of many pictures those that are gone meanwhile don't keep the others back."""
    try:
        return image.decide(state, command)
    except (Conflict, NotFound):
        return []


_lenient = Decider[Image, ImageCommand, ImageEvent](image.initial, image.evolve, _leniently)


async def change_images(
    handler: Handler, origin: Origin, ids: Sequence[str], action: Action, rating: int, tags: tuple[str, ...]
) -> str | None:
    """The id of the job where there are so many that one is needed. Raises Invalid for a bad rating or tag."""
    wanted = change(action, rating, tags)
    if len(ids) <= CHUNK:
        await handler.handle(origin, *_steps(ids, wanted), together=True)
        return None
    id_ = new_id()
    request = JobEnqueued(kind="bulk", subjects=tuple(ids), action=action, rating=rating, tags=tags)
    await handler.handle(origin, Step(jobs.PREFIX + id_, job, EnqueueJob(request)))
    return id_


def _steps(ids: Sequence[str], wanted: ImageChange) -> list[Step]:
    return [Step(gallery.PREFIX + id_, _lenient, wanted) for id_ in dict.fromkeys(ids)]


class BulkChange:
    """Does such a job, from where it is. On a full disk the `duty` waits until there is room."""

    def __init__(self, handler: Handler, duty: Duty, forgetting: Forgetting) -> None:
        self._handler = handler
        self._duty = duty
        self._forgetting = forgetting

    async def make(self, job_id: str, request: JobEnqueued) -> Sequence[Step]:
        stream = jobs.PREFIX + job_id
        state = self._handler.state(stream, job)
        assert isinstance(state, Job)
        wanted = change(request.action, request.rating, request.tags)
        actor = self._handler.first(stream).actor
        for first in range(state.done, len(request.subjects), CHUNK):
            some = request.subjects[first : first + CHUNK]
            origin = self._origin(job_id, first, actor)
            steps = [Step(stream, job, AdvanceJob(first + len(some))), *_steps(some, wanted)]
            await self._duty.outlast(partial(self._handler.handle, origin, *steps))
            await asyncio.sleep(0)
        if request.action == "forget":
            await self._forget(job_id, request.subjects, actor)
        return []

    async def _forget(self, job_id: str, ids: Sequence[str], actor: Actor) -> None:
        """After a kill all over again: what is forgotten already costs little."""
        for first in range(0, len(ids), CHUNK):
            origin = self._origin(job_id, first, actor)
            await self._duty.outlast(partial(self._forgetting.images, origin, ids[first : first + CHUNK]))
            await asyncio.sleep(0)

    def _origin(self, job_id: str, first: int, actor: Actor) -> Origin:
        """Of the chunk that begins there. The pictures were changed by whoever asked for the job."""
        told = self._handler.on_account_of(jobs.PREFIX + job_id)
        return replace(told, command_id=f"{job_id}-{first}", actor=actor)
