"""The desk as its callers see it: commands that change it, and the parts that answer for its state."""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

import apsw
import msgspec
from msgspec import Struct

from ddesk import settings as settings_file
from ddesk.app.dispatcher import Dispatcher
from ddesk.app.duty import Duty
from ddesk.app.feed import Feed
from ddesk.app.hand_edits import STREAM, as_json
from ddesk.app.handle import Handler, Step
from ddesk.app.job_runner import JobRunner
from ddesk.app.model_check import ModelCheck
from ddesk.app.reactors import Reactor
from ddesk.domain.generation import (
    CancelGeneration,
    PrioritizeGeneration,
    RequestGeneration,
    RetryGeneration,
    generation,
)
from ddesk.domain.image import ReportFound, ReportMissing, image
from ddesk.domain.queue import ClearQueue, PauseQueue, QueueCommand, ReorderQueue, ResumeQueue, queue
from ddesk.domain.recipe import Choices, Wish, request
from ddesk.domain.settings import RecordSetting, settings
from ddesk.errors import Conflict, NotFound
from ddesk.events.envelope import Origin
from ddesk.events.queue import QueueCleared
from ddesk.events.settings import SettingChanged
from ddesk.paths import DataDir
from ddesk.projections import gallery, generations
from ddesk.projections.projection import Progress
from ddesk.settings import Settings
from ddesk.store.log_reader import LogReader
from ddesk.store.media import Media
from ddesk.store.records import Appended
from ddesk.supervision.supervisor import Supervisor

_REPAIR = "Put the file back; the starter model's own come back when the desk is opened again."
MAX_SEED = 2**32 - 1


class Desk(Struct, kw_only=True):
    """All parts, wired. `progress` and `wal_bytes` ask the projections and the log how they are."""

    version: str
    started_at: int
    data: DataDir
    settings: Settings
    handler: Handler
    reader: LogReader
    read_models: apsw.Connection
    progress: Callable[[], Sequence[Progress]]
    wal_bytes: Callable[[], int]
    feed: Feed
    media: Media
    models: ModelCheck
    choices: Choices
    dispatcher: Dispatcher
    jobs: JobRunner
    reactors: Sequence[Reactor]
    supervisor: Supervisor
    duties: Sequence[Duty] = ()

    async def request_generation(self, origin: Origin, id_: str, preset_id: str, wish: Wish) -> str:
        """The generation's id: where this command was handled before, that of the one it made then.

        Raises Invalid or NotFound, and Conflict where a file of the preset is not there; the same id again changes
        nothing.
        """
        preset = self.models.preset(preset_id)
        if problem := self.models.missing(preset_id):
            raise Conflict(problem.code, problem.words, _REPAIR)
        requested = request(wish, preset_id, preset, self.choices)
        step = Step(generations.PREFIX + id_, generation, RequestGeneration(requested))
        done = await self.handler.handle(origin, step)
        return id_ if done is None else self._generation_of(done)

    def _generation_of(self, done: Appended) -> str:
        stream = next(self.reader.read(after=done.first - 1)).stream
        if not stream.startswith(generations.PREFIX):
            raise Conflict("key_in_use", "That Idempotency-Key was another command's.", "Draw one for each command.")
        return stream.removeprefix(generations.PREFIX)

    async def cancel_generation(self, origin: Origin, id_: str) -> None:
        await self._generation(origin, id_, CancelGeneration())

    async def retry_generation(self, origin: Origin, id_: str) -> None:
        await self._generation(origin, id_, RetryGeneration())

    async def prioritize_generation(self, origin: Origin, id_: str) -> None:
        await self._generation(origin, id_, PrioritizeGeneration())

    async def _generation(self, origin: Origin, id_: str, command: Any) -> None:
        await self.handler.handle(origin, Step(generations.PREFIX + id_, generation, command))

    async def pause_queue(self, origin: Origin) -> None:
        await self._queue(origin, PauseQueue())

    async def resume_queue(self, origin: Origin) -> None:
        await self._queue(origin, ResumeQueue())

    async def reorder_queue(self, origin: Origin, wanted: Sequence[str]) -> None:
        await self._queue(origin, ReorderQueue(wanted=tuple(wanted), waiting=self.dispatcher.waiting.order))

    async def clear_queue(self, origin: Origin) -> tuple[str, ...]:
        """Cancel all that waits, as one; the ids of what was cancelled, also where this command was handled before."""
        waiting = self.dispatcher.waiting.order
        cancels = [Step(generations.PREFIX + id_, generation, CancelGeneration()) for id_ in waiting]
        done = await self.handler.handle(origin, Step("queue", queue, ClearQueue(waiting)), *cancels)
        if done is None:
            return ()
        cleared = next(self.reader.read(after=done.first - 1)).event
        return cleared.generation_ids if isinstance(cleared, QueueCleared) else ()

    async def _queue(self, origin: Origin, command: QueueCommand) -> None:
        await self.handler.handle(origin, Step("queue", queue, command))

    async def notice_file(self, origin: Origin, image_id: str, *, there: bool) -> None:
        """Record that a picture's file was found to be missing, or to be there again."""
        command = ReportFound() if there else ReportMissing()
        await self.handler.handle(origin, Step(gallery.PREFIX + image_id, image, command))

    async def change_setting(self, origin: Origin, key: str, value: Any) -> None:
        """Write it to `settings.toml`, record it, and follow it at once where that can be done."""
        changed = settings_file.change(self.data.settings, key, value)
        old = getattr(self.settings, key)
        new = getattr(changed, key)
        told = SettingChanged(
            key=key, source="page" if origin.actor == "user" else "api", old=as_json(old), new=as_json(new)
        )
        await self.handler.handle(origin, Step(STREAM, settings, RecordSetting(told)))
        self._follow(msgspec.structs.replace(self.settings, **{key: new}))

    def _follow(self, changed: Settings) -> None:
        self.settings = changed
        self.dispatcher.previews = changed.live_previews
        self.jobs.thumbnail_side = changed.thumbnail_side

    def restart_worker(self, worker: str) -> None:
        """Raises NotFound."""
        if worker not in {each.worker for each in self.supervisor.status()}:
            raise NotFound("no_such_worker", f"There is no worker named {worker!r}.", "See the System screen.")
        self.supervisor.restart(worker)


def draw_seed() -> int:
    """A seed that nobody chose."""
    return secrets.randbelow(MAX_SEED + 1)
