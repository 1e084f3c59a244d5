"""The workers, as the event loop knows them: one link each, and their story."""

import asyncio
from collections.abc import Sequence

from ddesk.app.feed import Feed
from ddesk.app.handle import Handler
from ddesk.app.worker_link import WorkerLink
from ddesk.app.worker_story import WorkerStory
from ddesk.supervision.notices import SupervisorNotice
from ddesk.supervision.supervisor import Supervisor, WorkerSpec

_WORKERS = ("image", "media")


class Crew:
    """To be made on the event loop."""

    def __init__(self, handler: Handler, feed: Feed, program: Sequence[str]) -> None:
        self._loop = asyncio.get_running_loop()
        self.story = WorkerStory(handler, feed)
        self._image_options: dict[str, str] = {}
        self._started = False
        options = {"image": self._image_options}
        self.supervisor = Supervisor(
            [WorkerSpec(name, (*program, "worker", name), options.get(name, {})) for name in _WORKERS],
            self._notify,
        )
        self.links = {name: WorkerLink(name, self.supervisor) for name in _WORKERS}

    @property
    def is_started(self) -> bool:
        return self._started

    def start(self, *, can_abort: bool) -> None:
        """Raises OSError or zmq.ZMQError where no socket can be opened. `can_abort`: of this build of the engine."""
        self._image_options["can_abort"] = str(int(can_abort))
        self.supervisor.start()
        self._started = True

    async def leave(self) -> None:
        """End all workers; what they said last has been heard when this returns."""
        await asyncio.to_thread(self.supervisor.stop)
        await asyncio.sleep(0)
        for link in self.links.values():
            link.close()

    def _notify(self, notice: SupervisorNotice) -> None:
        """Called by the supervisor's thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hear, notice)

    def _hear(self, notice: SupervisorNotice) -> None:
        self.links[notice.worker].hear(notice)
        self.story.hear(notice)
