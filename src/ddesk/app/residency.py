"""Which models stay in memory while nothing needs them: the next one is there before it is asked for, and what nobody
uses goes.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from ddesk.app.clock import Clock
from ddesk.app.duty import Duty
from ddesk.app.feed import Feed
from ddesk.app.handle import by_desk
from ddesk.app.model_check import Problem
from ddesk.app.notices import Alert, LoadProgress
from ddesk.app.planner import Planner
from ddesk.app.wanted import Wanted
from ddesk.app.worker_link import WorkCancelledError, WorkerLink, WorkerLostError, WorkFailedError
from ddesk.domain.prewarm import likely_next
from ddesk.domain.residents import idle_unloads, next_idle_unload
from ddesk.errors import DeskError, NotFound
from ddesk.events.envelope import Origin
from ddesk.events.memory import Purpose
from ddesk.protocol.messages import Preview, Progress

_log = logging.getLogger(__name__)


class Models(Protocol):
    """The presets of one worker."""

    def loaded(self, preset_id: str, purpose: Purpose) -> Wanted:
        """Raises NotFound where there is no such preset any more."""

    async def problem(self, preset_id: str) -> Problem | None:
        """Why it can't be loaded."""


class IdleUnloading:
    """Unloads what was not used for `after_seconds`; 0 never does. `ahead` are the workers with work ahead."""

    def __init__(
        self, planner: Planner, feed: Feed, clock: Clock, after_seconds: float, ahead: Callable[[], frozenset[str]]
    ) -> None:
        self.after_seconds = after_seconds
        self.changed = asyncio.Event()
        self.duty = Duty("idle-unloading", "Unloads of idle models", self._turn, feed)
        self._planner = planner
        self._clock = clock
        self._ahead = ahead

    async def _turn(self) -> None:
        self.changed.clear()
        residents, ahead = self._planner.snapshot().residents, self._ahead()
        due = idle_unloads(residents, self._clock.now(), self.after_seconds, ahead)
        for unload in due:
            await self._planner.unload(unload, "idle")
        if not due:
            await self._clock.until(next_idle_unload(residents, self.after_seconds, ahead), self.changed)


class Warming:
    """Loads one worker's likely next model while it has nothing to do, and one that a person asked for.

    By itself it takes nothing from anyone. What could not be loaded, or was unloaded since, is not loaded again before
    something was asked for. `waiting` are the presets of what waits, `recent` the one used last; `is_idle`: nothing is
    being made, or will be without anybody asking.
    """

    def __init__(
        self,
        *,
        link: WorkerLink,
        planner: Planner,
        feed: Feed,
        models: Models,
        waiting: Callable[[], Sequence[str]],
        is_idle: Callable[[], bool],
        recent: Sequence[str],
        enabled: bool,
    ) -> None:
        self.enabled = enabled
        self.changed = asyncio.Event()
        self.loading: str | None = None
        self.duty = Duty(f"{link.worker}-warming", "Models made ready", self._turn, feed)
        self._link = link
        self._planner = planner
        self._feed = feed
        self._models = models
        self._waiting = waiting
        self._is_idle = is_idle
        self._recent = tuple(recent)
        self._asked: tuple[str, Origin] | None = None
        self._is_wanted = True
        self._done_with: tuple[str, ...] | None = None

    def ask(self, preset_id: str, origin: Origin) -> None:
        """Have it in memory as soon as nothing else is being made, whatever idle has to go for it.

        What was asked for and not begun yet is given up for it. From now on until it is `over`, however it ends, those
        who watch are told.
        """
        self._give_up_asked()
        self._asked = (preset_id, origin)
        self._tell(preset_id, 0.0)
        self.changed.set()

    def used(self, preset_id: str) -> None:
        """It is the one that would be wanted again, after a worker was lost for instance."""
        self._recent = (preset_id,)
        self._done_with = None

    def lost(self) -> None:
        """Its worker's process has ended: the model is wanted back, unless that was what ended it."""
        if not self.loading:
            self._done_with = None

    def leave(self) -> None:
        """Its model was unloaded on purpose."""
        self._done_with = self._likely()

    def cancel(self) -> None:
        """Give up what is being loaded, or was asked for."""
        self._give_up_asked()
        if self.loading:
            self._done_with = self._likely()
            self._is_wanted = False
            self._link.cancel()
            self._planner.changed.set()

    def _give_up_asked(self) -> None:
        if self._asked:
            preset_id, _ = self._asked
            self._asked = None
            self._tell(preset_id, 1.0, over=True)

    async def _turn(self) -> None:
        self.changed.clear()
        if self._link.is_up and self._is_idle() and self._planner.is_free(self._link.worker):
            if asked := self._asked:
                self._asked = None
                await self._load_asked(*asked)
                return
            likely = self._likely()
            if self.enabled and likely and likely != self._done_with:
                self._done_with = likely
                await self._warm(likely[0])
                return
        await self.changed.wait()

    def _likely(self) -> tuple[str, ...]:
        """The preset that is likely next, and what that rests on."""
        waiting = self._waiting()
        found = likely_next(waiting, self._recent)
        return (found, *waiting[:1]) if found else ()

    async def _load_asked(self, preset_id: str, origin: Origin) -> None:
        self._begin(preset_id)
        try:
            if problem := await self._models.problem(preset_id):
                raise WorkFailedError(problem.code, problem.words)
            await self._load(self._models.loaded(preset_id, "asked"), origin)
        except WorkCancelledError:
            pass
        except (DeskError, WorkerLostError) as failed:
            code = failed.code if isinstance(failed, DeskError) else "worker_lost"
            alert = Alert(level="error", code=code, title="The model could not be loaded", words=str(failed))
            self._feed.notice(alert)
        finally:
            self._end(preset_id)

    async def _warm(self, preset_id: str) -> None:
        """Nobody asked for it, so nobody is told where it can't be done."""
        if self._planner.machine.model_of(self._link.worker) is not None:
            return
        self._begin(preset_id)
        try:
            wanted = self._models.loaded(preset_id, "prewarm")
            if self._planner.fits_beside(wanted) and not await self._models.problem(preset_id):
                await self._load(wanted, by_desk("prewarm"))
        except (NotFound, WorkFailedError, WorkerLostError, WorkCancelledError) as failed:
            _log.info("%s was not made ready: %s", preset_id, failed)
        finally:
            self._end(preset_id)

    def _begin(self, preset_id: str) -> None:
        self.loading, self._is_wanted = preset_id, True

    def _end(self, preset_id: str) -> None:
        self.loading = None
        self._tell(preset_id, 1.0, over=True)

    async def _load(self, wanted: Wanted, origin: Origin) -> None:
        try:
            async with self._planner.room_for(wanted, self.duty, lambda: origin, self._check_wanted, self._told):
                pass
        finally:
            self._done_with = self._likely()

    def _check_wanted(self) -> None:
        if not self._is_wanted:
            raise WorkCancelledError

    def _told(self, message: Progress | Preview, _frame: bytes) -> None:
        if isinstance(message, Progress) and self.loading:
            self._tell(self.loading, message.step / max(message.steps, 1))

    def _tell(self, preset_id: str, part: float, *, over: bool = False) -> None:
        self._feed.notice(LoadProgress(worker=self._link.worker, preset_id=preset_id, part=part, over=over))
