"""The desk as its callers see it: commands that change it, and the parts that answer for its state."""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

import apsw
import msgspec
from msgspec import Struct

from ddesk import paths
from ddesk import settings as settings_file
from ddesk.app.as_of import AsOf
from ddesk.app.attendance import Attendance
from ddesk.app.backups import Backups
from ddesk.app.bulk import change_images
from ddesk.app.catalogue import Catalogue
from ddesk.app.dispatcher import Dispatcher
from ddesk.app.duty import Duty
from ddesk.app.feed import Feed
from ddesk.app.foresight import Foresight
from ddesk.app.forgetting import Forgetting
from ddesk.app.hand_edits import STREAM, as_json
from ddesk.app.handle import Handler, Step
from ddesk.app.job_runner import JobRunner
from ddesk.app.language_presets import LanguagePresets
from ddesk.app.model_check import ModelCheck
from ddesk.app.model_hashes import ModelHashes
from ddesk.app.model_library import ModelLibrary
from ddesk.app.planner import Planner
from ddesk.app.preset_files import PresetFiles
from ddesk.app.preset_manager import PresetManager
from ddesk.app.reactors import Reactor
from ddesk.app.residency import IdleUnloading, Warming
from ddesk.app.searches import Searches, Sources
from ddesk.app.shadows import Shadows
from ddesk.app.streams import earlier
from ddesk.app.thumbnails import ThumbnailMaker
from ddesk.app.undo import Undo
from ddesk.domain.families import Families
from ddesk.domain.generation import (
    CancelGeneration,
    PrioritizeGeneration,
    RequestGeneration,
    RetryGeneration,
    generation,
)
from ddesk.domain.image import Action, ReportFound, ReportMissing, change, image
from ddesk.domain.queue import ClearQueue, PauseQueue, QueueCommand, ReorderQueue, ResumeQueue, queue
from ddesk.domain.recipe import Choices, Wish, request
from ddesk.domain.residents import Depth, Unload
from ddesk.domain.settings import RecordSetting, settings
from ddesk.errors import Conflict, NotFound
from ddesk.events.envelope import Origin, Recorded
from ddesk.events.generation import GenerationRequested
from ddesk.events.queue import QueueCleared
from ddesk.events.settings import SettingChanged
from ddesk.launcher import login
from ddesk.paths import DataDir
from ddesk.projections import gallery, generations
from ddesk.projections.projection import Progress
from ddesk.settings import Settings
from ddesk.store.log_reader import LogReader
from ddesk.store.media import Media
from ddesk.supervision.supervisor import Supervisor

_REPAIR = "Put the file back; what came with the desk is restored on the Models screen."
MAX_SEED = 2**32 - 1


class Desk(Struct, kw_only=True):
    """All parts, wired.

    `progress` and `wal_bytes` ask the projections and the log how they are; `condemn` has the read models built anew at
    the next start.
    """

    version: str
    started_at: int
    data: DataDir
    settings: Settings
    handler: Handler
    reader: LogReader
    read_models: apsw.Connection
    searches: Searches
    progress: Callable[[], Sequence[Progress]]
    condemn: Callable[[], None]
    wal_bytes: Callable[[], int]
    feed: Feed
    media: Media
    models: ModelCheck
    library: ModelLibrary
    hashes: ModelHashes
    catalogue: Catalogue
    families: Families
    preset_files: PresetFiles
    image_presets: PresetManager
    language_presets: LanguagePresets
    choices: Choices
    planner: Planner
    foresight: Foresight
    warming: Warming
    idle_unloading: IdleUnloading
    dispatcher: Dispatcher
    thumbnails: ThumbnailMaker
    errands: JobRunner
    forgetting: Forgetting
    backups: Backups
    undo: Undo
    attendance: Attendance
    shadows: Shadows
    reactors: Sequence[Reactor]
    supervisor: Supervisor
    duties: Sequence[Duty] = ()

    async def as_of(self, position: int, seconds: float) -> AsOf:
        """The desk as it was, that event included. Raises what `Shadows.at` does."""
        shadow = await self.shadows.at(position, seconds)
        log = earlier(self.reader, position)
        return AsOf(read_models=shadow, reader=log, models=self.models, media=self.media)

    def has_file(self, row: gallery.ImageRow) -> bool:
        return not row.missing

    @property
    def sources(self) -> Sources:
        """For questions that are answered at once, where they are asked."""
        return Sources(self.reader, self.read_models)

    async def request_generation(self, origin: Origin, id_: str, preset_id: str, wish: Wish) -> str:
        """The generation's id: where this command was handled before, that of the one it made then.

        Raises Invalid or NotFound, and Conflict where a file of the preset is not there; the same id again changes
        nothing.
        """
        content = self.models.offered(preset_id)
        if problem := self.models.missing(content):
            raise Conflict(problem.code, problem.words, _REPAIR)
        return await self.record_request(origin, id_, request(wish, preset_id, content, self.choices))

    async def record_request(self, origin: Origin, id_: str, requested: GenerationRequested) -> str:
        """The generation's id, as above."""
        step = Step(generations.PREFIX + id_, generation, RequestGeneration(requested))
        done = await self.handler.handle(origin, step)
        return id_ if done is None else self.handler.subject_of(done, generations.PREFIX)

    async def cancel_generation(self, origin: Origin, id_: str) -> None:
        await self._generation(origin, id_, CancelGeneration(self.dispatcher.waiting.ahead_of(id_)))

    async def retry_generation(self, origin: Origin, id_: str) -> None:
        if self.reader.is_forgotten(generations.PREFIX + id_):
            raise Conflict("prompt_forgotten", "Its prompt was forgotten.", "Ask for a new picture instead.")
        await self._generation(origin, id_, RetryGeneration())

    async def prioritize_generation(self, origin: Origin, id_: str) -> None:
        await self._generation(origin, id_, PrioritizeGeneration(self.dispatcher.waiting.ahead_of(id_)))

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

    async def change_images(
        self, origin: Origin, ids: Sequence[str], action: Action, rating: int = 0, tags: tuple[str, ...] = ()
    ) -> str | None:
        """Rate, tag, trash and so on; the id of the job that does it where they are many.

        Of one picture, NotFound and Conflict are raised; of several, those that are gone are passed over.
        """
        if len(ids) == 1:
            await self.handler.handle(origin, Step(gallery.PREFIX + ids[0], image, change(action, rating, tags)))
            return None
        return await change_images(self.handler, origin, ids, action, rating, tags)

    async def forget_images(self, origin: Origin, ids: Sequence[str]) -> tuple[str | None, tuple[int, ...]]:
        """Purge them and forget what was said of them; the job that does it, else the events that were forgotten."""
        if job_id := await self.change_images(origin, ids, "forget"):
            return job_id, ()
        positions = await self.forgetting.images(origin, ids)
        await self.forgetting.scrub()
        return None, positions

    async def forget_generation(self, origin: Origin, id_: str) -> tuple[int, ...]:
        """Raises NotFound, and Conflict while its prompts are needed."""
        positions = await self.forgetting.generation(origin, id_)
        await self.forgetting.scrub()
        return positions

    async def tag_image(self, origin: Origin, id_: str, add: tuple[str, ...], remove: tuple[str, ...]) -> None:
        stream = gallery.PREFIX + id_
        steps = [Step(stream, image, change("tag", 0, add))] if add else []
        steps += [Step(stream, image, change("untag", 0, remove))] if remove else []
        await self.handler.handle(origin, *steps, together=True)

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

    def follow_settings(self, events: Sequence[Recorded]) -> None:
        """Also where a change was undone."""
        for told in (each.event for each in events if isinstance(each.event, SettingChanged)):
            new = msgspec.json.decode(told.new) if told.new else None
            if new is not None and as_json(getattr(self.settings, told.key, new)) != told.new:
                self._follow(msgspec.convert({**msgspec.to_builtins(self.settings), told.key: new}, Settings))

    async def empty_trash(self, origin: Origin) -> str | None:
        """Remove for good what is in the trash now; the id of the job that does it where that is much."""
        ids = gallery.trashed(self.read_models)
        return await change_images(self.handler, origin, ids, "purge", 0, ()) if ids else None

    async def forget_trash(self, origin: Origin) -> tuple[str | None, tuple[int, ...]]:
        """As `empty_trash`, and forget what was said of its pictures: see `forget_images`."""
        ids = gallery.trashed(self.read_models)
        return await self.forget_images(origin, ids) if ids else (None, ())

    def _follow(self, changed: Settings) -> None:
        self.settings = changed
        self.dispatcher.previews = changed.live_previews
        self.thumbnails.side = changed.thumbnail_side
        self.attendance.grace_seconds = changed.end_after_seconds
        self.backups.follow(changed)
        self.warming.enabled = changed.prewarm
        self.idle_unloading.after_seconds = changed.idle_unload_minutes * 60.0
        self.idle_unloading.changed.set()
        self.library.follow(changed.model_roots)
        self.arrange_login()

    def arrange_login(self) -> None:
        """Have the desk start at login, or no more, as the settings say. Raises Fault."""
        name, command = paths.login_entry(self.data.root)
        login.arrange(name, command, wanted=self.settings.start_at_login)

    def load_preset(self, origin: Origin, preset_id: str) -> None:
        """Have its model in memory once nothing else is made. Raises NotFound, and Conflict for a missing file."""
        if problem := self.models.missing(self.models.offered(preset_id)):
            raise Conflict(problem.code, problem.words, _REPAIR)
        self.warming.ask(preset_id, origin)

    async def unload_worker(self, worker: str, depth: Depth) -> None:
        """Raises NotFound, and Conflict while it is at work or has no model."""
        self._known_worker(worker)
        if worker in self.planner.busy:
            raise Conflict("worker_busy", f"The {worker} worker is at work.", "Cancel what it does, or wait for it.")
        if self.planner.machine.model_of(worker) is None:
            raise Conflict("no_model_loaded", f"The {worker} worker has no model loaded.", "Nothing to do.")
        await self.planner.unload(Unload(worker, depth), "asked")

    def restart_worker(self, worker: str) -> None:
        """Raises NotFound."""
        self._known_worker(worker)
        self.supervisor.restart(worker)

    def _known_worker(self, worker: str) -> None:
        if worker not in {each.worker for each in self.supervisor.status()}:
            raise NotFound("no_such_worker", f"There is no worker named {worker!r}.", "See the System screen.")


def draw_seed() -> int:
    """A seed that nobody chose."""
    return secrets.randbelow(MAX_SEED + 1)
