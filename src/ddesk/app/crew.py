"""The workers, as the event loop knows them: one link each, and their story."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from ddesk.app.feed import Feed
from ddesk.app.handle import Handler
from ddesk.app.worker_link import WorkerLink
from ddesk.app.worker_story import WorkerStory
from ddesk.supervision.notices import SupervisorNotice
from ddesk.supervision.supervisor import Supervisor, WorkerSpec
from ddesk.supervision.transport import Transport

WORKERS = ("image", "media")


class Crew:
    """To be made on the event loop. `options` are for the launch lines of all workers; each takes what it knows."""

    def __init__(
        self,
        handler: Handler,
        feed: Feed,
        program: Sequence[str],
        transport: Transport,
        options: Mapping[str, str] | None = None,
        workers: Sequence[str] = WORKERS,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._listeners: list[Callable[[SupervisorNotice], None]] = []
        self.story = WorkerStory(handler, feed)
        self._options = {name: dict(options or {}) for name in workers}
        self._started = False
        self.supervisor = Supervisor(
            [WorkerSpec(name, (*program, "worker", name), self._options[name]) for name in workers],
            self._notify,
            transport=transport,
        )
        self.links = {name: WorkerLink(name, self.supervisor) for name in workers}

    @property
    def is_started(self) -> bool:
        return self._started

    def start(self, *, can_abort: bool) -> None:
        """Raises OSError or zmq.ZMQError where no socket can be opened. `can_abort`: of this build of the engine."""
        self.options("image")["can_abort"] = str(int(can_abort))
        self.supervisor.start()
        self._started = True

    def options(self, worker: str) -> dict[str, str]:
        """What its launch line will carry."""
        return self._options[worker]

    def on_notices(self, listener: Callable[[SupervisorNotice], None]) -> None:
        """Called on the loop, after the links have heard of it."""
        self._listeners.append(listener)

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
        for listener in self._listeners:
            listener(notice)
        self.story.hear(notice)
