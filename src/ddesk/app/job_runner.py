"""Runs background jobs of some kinds, one after the other."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

from ddesk.app.duty import Duty
from ddesk.app.feed import Feed
from ddesk.app.handle import Handler, Step
from ddesk.app.worker_link import WorkCancelledError, WorkerLostError, WorkFailedError
from ddesk.domain.job import CompleteJob, FailJob, InterruptJob, Job, JobCommand, StartJob, job
from ddesk.errors import Refused
from ddesk.events.envelope import Recorded
from ddesk.events.job import JobCancelled, JobEnqueued, JobKind, JobRetried
from ddesk.logs import during
from ddesk.projections import jobs

_log = logging.getLogger(__name__)

Task = Callable[[str, JobEnqueued], Awaitable[Sequence[Step]]]
"""Does the job of that id, and returns what is recorded along with its completion.

It may raise what a WorkerLink raises, and Refused, whose words the job then fails with.
"""


class JobRunner:
    """Its `duty` lives as long as the desk. Nothing that goes wrong with one job keeps it from the next."""

    def __init__(
        self,
        *,
        name: str,
        handler: Handler,
        feed: Feed,
        waiting: Callable[[Collection[JobKind]], Iterable[str]],
        changed: asyncio.Event,
        is_ready: Callable[[], bool],
    ) -> None:
        """`waiting` names the jobs of such kinds that wait when the desk opens.

        `changed` is set whenever `is_ready` may say something else.
        """
        self._handler = handler
        self._waits_at_opening = waiting
        self._waiting: dict[str, None] = {}
        self._changed = changed
        self._is_ready = is_ready
        self._tasks: Mapping[JobKind, Task] = {}
        self.duty = Duty(name, "Background jobs", self._turn, feed)
        self.idle = asyncio.Event()
        self.idle.set()
        feed.on_events(self._take_in)

    def take(self, tasks: Mapping[JobKind, Task]) -> None:
        """From now on it does the jobs of these kinds, those that wait already first."""
        self._tasks = tasks
        self._waiting = dict.fromkeys(self._waits_at_opening(tasks.keys()))

    @property
    def is_busy(self) -> bool:
        return bool(self._waiting) or not self.idle.is_set()

    def _take_in(self, events: Sequence[Recorded]) -> None:
        for recorded in events:
            id_ = recorded.stream.removeprefix(jobs.PREFIX)
            match recorded.event:
                case JobEnqueued(kind=kind) if kind in self._tasks:
                    self._waiting[id_] = None
                case JobRetried() if self._request(id_).kind in self._tasks:
                    self._waiting[id_] = None
                case JobCancelled():
                    self._waiting.pop(id_, None)
        self._changed.set()

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
        while not self._waiting or not self._is_ready():
            self._changed.clear()
            await self._changed.wait()
        first = next(iter(self._waiting))
        del self._waiting[first]
        return first

    async def _attempt(self, id_: str) -> None:
        await self._do(id_, StartJob())
        if self._state(id_).status != "running":
            return
        request, began = self._request(id_), time.monotonic()
        try:
            done = await self._tasks[request.kind](id_, request)
        except (WorkFailedError, Refused) as failed:
            detail = failed.detail if isinstance(failed, WorkFailedError) else ""
            await self._do(id_, FailJob(code=failed.code, words=failed.words, detail=detail))
        except WorkCancelledError:
            _log.info("The job was stopped")
        except WorkerLostError as lost:
            await self._do(id_, InterruptJob(why=lost.why, words=lost.words))
        else:
            seconds = round(time.monotonic() - began, 3)
            await self._do(id_, CompleteJob(seconds), *done)
            _log.info("The %s took %.3f s", request.kind, seconds)

    def _request(self, id_: str) -> JobEnqueued:
        request = self._state(id_).request
        assert request is not None
        return request

    def _state(self, id_: str) -> Job:
        state = self._handler.state(jobs.PREFIX + id_, job)
        assert isinstance(state, Job)
        return state

    async def _do(self, id_: str, command: JobCommand, *more: Step) -> None:
        step = Step(jobs.PREFIX + id_, job, command)
        origin = self._handler.on_account_of(step.stream)
        await self.duty.outlast(lambda: self._handler.handle(origin, step, *more))
