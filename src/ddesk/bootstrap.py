"""Puts a desk together. The only module that knows every concrete class."""

import asyncio
import contextlib
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path

import apsw
import msgspec
from msgspec import Struct

from ddesk import paths
from ddesk.app.abort_check import can_abort
from ddesk.app.attendance import Attendance
from ddesk.app.backups import Backups
from ddesk.app.bulk import BulkChange
from ddesk.app.clock import Clock, RealClock
from ddesk.app.crew import Crew
from ddesk.app.desk import Desk
from ddesk.app.dispatcher import Dispatcher
from ddesk.app.duty import Duty
from ddesk.app.feed import Feed
from ddesk.app.foresight import Foresight
from ddesk.app.forgetting import Forgetting, Scrubbing
from ddesk.app.hand_edits import record_hand_edits
from ddesk.app.handle import Handler
from ddesk.app.image_needs import ImageNeeds
from ddesk.app.image_work import OWNER, ImageModels
from ddesk.app.inspector import Inspector
from ddesk.app.job_runner import JobRunner
from ddesk.app.language_presets import LanguagePresets
from ddesk.app.language_work import LanguageForesight
from ddesk.app.machine import Machine
from ddesk.app.model_check import ModelCheck
from ddesk.app.model_hashes import ModelHashes
from ddesk.app.model_library import ModelLibrary
from ddesk.app.notices import ModelsChanged
from ddesk.app.planner import PREFIX as MEMORY
from ddesk.app.planner import Planner
from ddesk.app.preset_files import PresetFiles
from ddesk.app.preset_manager import PresetManager
from ddesk.app.presets import prepare_starter
from ddesk.app.reactors import Purges, Reaction, Reactor, Thumbnails
from ddesk.app.recovery import interrupt_what_ran
from ddesk.app.residency import IdleUnloading, Warming
from ddesk.app.searches import Searches, Sources
from ddesk.app.shadows import Shadows
from ddesk.app.thumbnails import ThumbnailMaker
from ddesk.app.undo import Undo
from ddesk.domain.estimates import Estimates
from ddesk.domain.families import Families
from ddesk.domain.language_set import Start
from ddesk.domain.queue import Waiting
from ddesk.domain.recipe import Choices
from ddesk.events.envelope import Recorded
from ddesk.events.language_preset import LanguagePrompts
from ddesk.events.memory import MemoryPlanned
from ddesk.events.preset import ImagePreset
from ddesk.events.worker import ModelLoaded, ModelUnloaded
from ddesk.paths import DataDir
from ddesk.projections import generations, jobs, presets
from ddesk.projections.footprints import Footprints
from ddesk.projections.gallery import Gallery
from ddesk.projections.generations import Generations
from ddesk.projections.jobs import Jobs
from ddesk.projections.language_presets import LanguagePresets as LanguagePresetRows
from ddesk.projections.memory import Memory
from ddesk.projections.presets import Presets
from ddesk.projections.projection import Projection
from ddesk.projections.runner import DAMAGED, Runner
from ddesk.projections.system import PREFIX as WORKER
from ddesk.projections.system import System
from ddesk.projections.timeline import Timeline
from ddesk.settings import Settings, device_mb
from ddesk.store.connection import open_database
from ddesk.store.event_log import EventLog, now
from ddesk.store.log_reader import LogReader
from ddesk.store.media import Media
from ddesk.store.model_cache import ModelCache
from ddesk.store.model_files import Bounds
from ddesk.store.writer import Writer
from ddesk.supervision.notices import SupervisorNotice, WorkerGone
from ddesk.supervision.transport import fitting

_SECONDS_TO_SETTLE = 1.0
VERSION = version("ddesk")
PROJECTIONS: tuple[Projection, ...] = (
    Generations(),
    Gallery(),
    Jobs(),
    Presets(),
    LanguagePresetRows(),
    System(),
    Timeline(),
    Footprints(),
    Memory(),
)


def open_log(data: DataDir) -> EventLog:
    """Raises LogTooNew, or Fault where it can't be opened."""
    return EventLog.open(data.log, paths.migrations())


def open_read_models(data: DataDir, log: EventLog, projections: Sequence[Projection] = PROJECTIONS) -> Runner:
    """Caught up with the log, built anew where that is needed."""
    return Runner(data.root, projections, log, lambda path: open_database(path, "read"))


def estimates() -> Estimates:
    """What the memory planner assumes until it has measured."""
    return msgspec.convert(tomllib.loads((paths.defaults() / "memory.toml").read_text("utf-8")), Estimates)


def families() -> Families:
    """What the families of image models need and accept."""
    return msgspec.convert(tomllib.loads((paths.defaults() / "families.toml").read_text("utf-8")), Families)


def model_bounds() -> Bounds:
    """How model files are looked for."""
    return msgspec.convert(tomllib.loads((paths.defaults() / "models.toml").read_text("utf-8")), Bounds)


def model_library(data: DataDir, settings: Settings) -> tuple[ModelLibrary, ModelCache]:
    """The library of this machine, not yet scanned, and what it keeps of it."""
    cache, bounds = ModelCache(data.root / "cache" / "models.json", VERSION), model_bounds()
    inspector = Inspector(paths.program(), cache, bounds.batch)
    more = tuple(map(Path, settings.model_roots))
    return ModelLibrary(own=data.models, more=more, bounds=bounds, cache=cache, inspector=inspector), cache


def choices() -> Choices:
    """What may be chosen for sampling, as the defaults list it."""
    return msgspec.convert(tomllib.loads((paths.defaults() / "sampling.toml").read_text("utf-8")), Choices)


def language_start() -> Start:
    """What a new language preset starts with."""
    return msgspec.convert(tomllib.loads((paths.defaults() / "language.toml").read_text("utf-8")), Start)


def language_prompts() -> LanguagePrompts:
    """The desk's own system prompts."""
    folder = paths.defaults() / "prompts"
    names = LanguagePrompts.__struct_fields__
    return LanguagePrompts(**{name: (folder / f"{name}.txt").read_text("utf-8").strip() for name in names})


class _Store(Struct):
    """The log and the read models, with what reads and writes them."""

    log: EventLog
    runner: Runner
    writer: Writer
    reader: LogReader
    read_models: apsw.Connection
    searches: Searches


def _crew(settings: Settings, handler: Handler, feed: Feed) -> Crew:
    return Crew(handler, feed, paths.program(), fitting(settings.worker_transport))


async def _prepare(data: DataDir, handler: Handler, crew: Crew, library: ModelLibrary) -> None:
    """What may take a while the first time, and so is done while the page is already there.

    Workers are started also where the starter model can't be unpacked, on a full disk for instance; that is raised.
    """
    problem: Exception | None = None
    try:
        _make_model_folders(data)
        await prepare_starter(handler, paths.defaults(), data.models)
        library.look_again()
    except Exception as wrong:
        problem = wrong
    if not crew.is_started:
        cache = data.root / "cache" / "abort.json"
        crew.start(can_abort=problem is None and await can_abort(paths.program(), data.models, cache))
    if problem:
        raise problem


def _make_model_folders(data: DataDir) -> None:
    for name in model_bounds().folders:
        (data.models / name).mkdir(exist_ok=True)


class Outside(Struct):
    """What a desk does not decide itself: who works for it, how that begins, and what time it is."""

    crew: Callable[[Settings, Handler, Feed], Crew] = _crew
    prepare: Callable[[DataDir, Handler, Crew, ModelLibrary], Awaitable[None]] = _prepare
    clock: Clock = RealClock()


class _Memory(Struct):
    """What decides about memory, and what it is asked about."""

    planner: Planner
    models: ImageModels
    clock: Clock


@asynccontextmanager
async def running_desk(
    data: DataDir,
    settings: Settings,
    projections: Sequence[Projection] = PROJECTIONS,
    outside: Outside | None = None,
) -> AsyncIterator[Desk]:
    """A desk at work. On leaving it the workers end, what ran is recorded as interrupted, and the log is closed."""
    feed = Feed(asyncio.get_running_loop())
    with contextlib.ExitStack() as closing:
        store = await _recovered_store(data, projections, feed, closing)
        handler = Handler(store.reader, store.writer)
        await record_hand_edits(handler, data.settings)
        async with _at_work(data, settings, store, handler, feed, outside or Outside()) as desk:
            yield desk


async def _recovered_store(
    data: DataDir, projections: Sequence[Projection], feed: Feed, closing: contextlib.ExitStack
) -> _Store:
    """Damage of the read models that shows only as they are read has them built anew, once."""
    first = closing.enter_context(contextlib.ExitStack())
    store = _open_store(data, projections, feed, first)
    try:
        await _recover(store)
    except DAMAGED:
        store.runner.condemn()
        first.close()
        store = _open_store(data, projections, feed, closing)
        await _recover(store)
    return store


def _open_store(data: DataDir, projections: Sequence[Projection], feed: Feed, closing: contextlib.ExitStack) -> _Store:
    log = open_log(data)
    closing.callback(log.close)
    feed.position = log.head.position
    runner = open_read_models(data, log, projections)
    closing.callback(runner.close)
    reader = LogReader.open(data.log)
    closing.callback(reader.close)
    read_models = open_database(runner.path, "read-reader")
    closing.callback(read_models.close)
    searches = _open_searches(data, runner, closing)

    def after_commit(events: Sequence[Recorded]) -> None:
        runner.apply(events)
        feed.committed(events)

    writer = Writer(log, after_commit)
    closing.callback(writer.close)
    return _Store(log, runner, writer, reader, read_models, searches)


def _open_searches(data: DataDir, runner: Runner, closing: contextlib.ExitStack) -> Searches:
    sources = Sources(LogReader.open(data.log), open_database(runner.path, "read-reader"))
    closing.callback(sources.close)
    searches = Searches(sources)
    closing.callback(searches.close)
    return searches


async def _recover(store: _Store) -> None:
    _, generations_that_ran, _ = generations.unfinished(store.read_models)
    running = jobs.running(store.read_models)
    await interrupt_what_ran(Handler(store.reader, store.writer), generations_that_ran, running)


@asynccontextmanager
async def _at_work(
    data: DataDir, settings: Settings, store: _Store, handler: Handler, feed: Feed, outside: Outside
) -> AsyncIterator[Desk]:
    crew = outside.crew(settings, handler, feed)
    desk = _desk(data, settings, store, handler, feed, crew, outside.clock)
    preparing = Duty("preparation", "Preparations", partial(outside.prepare, data, handler, crew, desk.library), feed)
    desk.duties = [
        desk.dispatcher.duty,
        desk.thumbnails.runner.duty,
        desk.errands.duty,
        crew.story.duty,
        desk.backups.duty,
        desk.warming.duty,
        desk.idle_unloading.duty,
        Duty("model-library", "Model files", desk.library.watch, feed),
        Duty("model-hashes", "Hashes of model files", desk.hashes.turn, feed),
        preparing,
    ]
    reacting = [reactor.duty for reactor in desk.reactors]
    first = asyncio.create_task(preparing.once(), name=preparing.name)
    tasks = [asyncio.create_task(each.run(), name=each.name) for each in (*desk.duties[:-1], *reacting)]
    try:
        yield desk
    finally:
        await _ended([first])  # or it would start the workers yet
        await crew.leave()
        await _settled(desk, crew)
        await desk.shadows.close()
        await _ended(tasks)


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _desk(
    data: DataDir, settings: Settings, store: _Store, handler: Handler, feed: Feed, crew: Crew, clock: Clock
) -> Desk:
    media = Media(data)
    library, cache = model_library(data, settings)
    kin = families()
    hashes = ModelHashes(library, cache, lambda: dispatcher.idle.wait(), lambda: _tell_of_models(feed, library))
    models = ModelCheck(handler, library, hashes, kin)
    files = PresetFiles(library, hashes, kin)
    sampling, assumed = choices(), estimates()
    waiting, _, paused = generations.unfinished(store.read_models)
    queue = Waiting(waiting, paused=paused)
    needs = ImageNeeds(store.read_models, assumed, library.weights)

    def offered() -> list[tuple[str, ImagePreset]]:
        return [(row.id, row.content) for row in presets.every(store.read_models)]

    machine = Machine(crew.supervisor.status, clock.now, device_mb(settings.simulate_device))
    planner = Planner(machine, crew.links, assumed, handler, feed)
    memory = _Memory(planner, ImageModels(models, needs), clock)
    dispatcher = Dispatcher(
        handler=handler,
        link=crew.links["image"],
        feed=feed,
        media=media,
        models=models,
        planner=planner,
        needs=needs,
        presets=offered,
        choices=sampling,
        waiting=queue,
        version=VERSION,
        previews=settings.live_previews,
    )
    warming, idle_unloading = _residency(settings, store, crew, dispatcher, memory, feed)
    forgetting = Forgetting(handler, store.reader, partial(_scrub, store))
    backups = Backups(
        data=data, settings=settings, handler=handler, reader=store.reader, feed=feed, program=VERSION, clock=now
    )
    undo = Undo(handler, store.reader, queue, data.settings)
    thumbnails, errands = _job_runners(store, handler, feed, crew, media, settings)
    errands.take(
        {
            "bulk": BulkChange(handler, errands.duty, forgetting).make,
            "undo": partial(undo.make, errands.duty),
            "backup": backups.make,
        }
    )
    attendance = Attendance(
        settings.end_after_seconds,
        lambda: dispatcher.is_busy or any(each.is_busy for each in (thumbnails.runner, errands)),
        asyncio.get_running_loop().call_later,
    )
    desk = Desk(
        version=VERSION,
        started_at=now(),
        data=data,
        settings=settings,
        handler=handler,
        reader=store.reader,
        read_models=store.read_models,
        searches=store.searches,
        progress=store.runner.progress,
        condemn=store.runner.condemn,
        planner=planner,
        foresight=Foresight(planner, needs, offered),
        warming=warming,
        idle_unloading=idle_unloading,
        wal_bytes=store.log.wal_bytes,
        feed=feed,
        media=media,
        models=models,
        library=library,
        hashes=hashes,
        families=kin,
        preset_files=files,
        image_presets=PresetManager(handler, models, sampling, store.read_models),
        language_presets=LanguagePresets(
            handler=handler,
            library=library,
            files=files,
            foresight=LanguageForesight(planner, assumed),
            start=language_start(),
            prompts=language_prompts(),
        ),
        choices=sampling,
        dispatcher=dispatcher,
        thumbnails=thumbnails,
        errands=errands,
        forgetting=forgetting,
        backups=backups,
        undo=undo,
        attendance=attendance,
        shadows=Shadows(data, paths.program(), PROJECTIONS, store.reader, feed),
        reactors=[
            _reactor(each, store, feed) for each in (Thumbnails(handler), Purges(media), Scrubbing(forgetting.scrub))
        ],
        supervisor=crew.supervisor,
    )
    feed.on_events(desk.follow_settings)
    library.tell = lambda: _models_changed(feed, library, hashes)
    return desk


def _residency(
    settings: Settings, store: _Store, crew: Crew, dispatcher: Dispatcher, memory: _Memory, feed: Feed
) -> tuple[Warming, IdleUnloading]:
    """What stays in memory while nothing is made."""
    newest = store.reader.events(stream=WORKER + OWNER, type="ModelLoaded", limit=1)
    warming = Warming(
        link=crew.links[OWNER],
        planner=memory.planner,
        feed=feed,
        models=memory.models,
        waiting=dispatcher.presets_waiting,
        is_idle=lambda: not dispatcher.is_busy,
        recent=[each.event.preset_id for each in newest if isinstance(each.event, ModelLoaded)],
        enabled=settings.prewarm,
    )
    idle = IdleUnloading(
        memory.planner,
        feed,
        memory.clock,
        settings.idle_unload_minutes * 60.0,
        lambda: frozenset({OWNER} if dispatcher.is_busy else ()),
    )
    _follow(crew, feed, memory.planner, warming, idle)
    return warming, idle


def _follow(crew: Crew, feed: Feed, planner: Planner, warming: Warming, idle: IdleUnloading) -> None:
    """They look again whenever a worker or the log has news."""
    streams = (MEMORY + OWNER, WORKER + OWNER)

    def look_again(*_: object) -> None:
        warming.changed.set()
        idle.changed.set()

    def hear(notice: SupervisorNotice) -> None:
        if isinstance(notice, WorkerGone):
            planner.gone(notice.worker)
            if notice.worker == OWNER:
                warming.lost()
        look_again()

    def take_in(events: Sequence[Recorded]) -> None:
        for event in [each.event for each in events if each.stream in streams]:
            if isinstance(event, MemoryPlanned) and event.purpose != "prewarm":
                warming.used(event.preset_id)
            elif isinstance(event, ModelUnloaded):
                warming.leave()
        look_again()

    crew.on_notices(hear)
    feed.on_events(take_in)


def _models_changed(feed: Feed, library: ModelLibrary, hashes: ModelHashes) -> None:
    hashes.changed.set()
    _tell_of_models(feed, library)


def _tell_of_models(feed: Feed, library: ModelLibrary) -> None:
    files, unknown = library.counts()
    feed.notice(ModelsChanged(files=files, unknown=unknown))


def _job_runners(
    store: _Store, handler: Handler, feed: Feed, crew: Crew, media: Media, settings: Settings
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


async def _scrub(store: _Store) -> None:
    def scrub() -> None:
        store.log.scrub()
        store.runner.scrub()

    await asyncio.wrap_future(store.writer.call(scrub))


def _reactor(reaction: Reaction, store: _Store, feed: Feed) -> Reactor:
    async def save(name: str, position: int) -> None:
        await asyncio.wrap_future(store.writer.call(lambda: store.log.save_reactor_position(name, position)))

    return Reactor(reaction, store.reader, feed, store.log.reactor_position(reaction.name), save)


async def _settled(desk: Desk, crew: Crew) -> None:
    """Until what the workers left behind is recorded; a desk that can't write any more does not wait for it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SECONDS_TO_SETTLE):
            await asyncio.gather(
                desk.dispatcher.idle.wait(),
                desk.thumbnails.runner.idle.wait(),
                desk.errands.idle.wait(),
                crew.story.settled(),
            )
