"""Puts a desk together. The only module that knows every concrete class."""

import asyncio
import contextlib
import tomllib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

import apsw
import msgspec
from msgspec import Struct

from ddesk import paths
from ddesk.app.abort_check import can_abort
from ddesk.app.crew import Crew
from ddesk.app.desk import Desk
from ddesk.app.dispatcher import Dispatcher
from ddesk.app.duty import Duty
from ddesk.app.feed import Feed
from ddesk.app.hand_edits import record_hand_edits
from ddesk.app.handle import Handler
from ddesk.app.job_runner import JobRunner
from ddesk.app.model_check import ModelCheck
from ddesk.app.presets import prepare_starter
from ddesk.app.reactors import Reaction, Reactor, Thumbnails
from ddesk.app.recovery import interrupt_what_ran
from ddesk.domain.queue import Waiting
from ddesk.domain.recipe import Choices
from ddesk.events.envelope import Recorded
from ddesk.paths import DataDir
from ddesk.projections import generations, jobs
from ddesk.projections.gallery import Gallery
from ddesk.projections.generations import Generations
from ddesk.projections.jobs import Jobs
from ddesk.projections.presets import Presets
from ddesk.projections.projection import Projection
from ddesk.projections.runner import Runner
from ddesk.projections.system import System
from ddesk.settings import Settings
from ddesk.store.connection import open_database
from ddesk.store.event_log import EventLog, now
from ddesk.store.log_reader import LogReader
from ddesk.store.media import Media
from ddesk.store.writer import Writer

_SECONDS_TO_SETTLE = 1.0
VERSION = version("ddesk")
PROJECTIONS: tuple[Projection, ...] = (Generations(), Gallery(), Jobs(), Presets(), System())


def open_log(data: DataDir) -> EventLog:
    """Raises LogTooNew, or Fault where it can't be opened."""
    return EventLog.open(data.log, paths.migrations())


def open_read_models(data: DataDir, log: EventLog, projections: Sequence[Projection] = PROJECTIONS) -> Runner:
    """Caught up with the log, built anew where that is needed."""
    return Runner(data.root, projections, log, lambda path: open_database(path, "read"))


def choices() -> Choices:
    """What may be chosen for sampling, as the defaults list it."""
    return msgspec.convert(tomllib.loads((paths.defaults() / "sampling.toml").read_text("utf-8")), Choices)


class _Store(Struct):
    """The log and the read models, with what reads and writes them."""

    log: EventLog
    runner: Runner
    writer: Writer
    reader: LogReader
    read_models: apsw.Connection


@asynccontextmanager
async def running_desk(
    data: DataDir, settings: Settings, projections: Sequence[Projection] = PROJECTIONS
) -> AsyncIterator[Desk]:
    """A desk at work. On leaving it the workers end, what ran is recorded as interrupted, and the log is closed."""
    feed = Feed(asyncio.get_running_loop())
    with contextlib.ExitStack() as closing:
        store = _open_store(data, projections, feed, closing)
        handler = Handler(store.reader, store.writer)
        await _recover(handler, store.read_models)
        await record_hand_edits(handler, data.settings)
        async with _at_work(data, settings, store, handler, feed) as desk:
            yield desk


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

    def after_commit(events: Sequence[Recorded]) -> None:
        runner.apply(events)
        feed.committed(events)

    writer = Writer(log, after_commit)
    closing.callback(writer.close)
    return _Store(log, runner, writer, reader, read_models)


async def _recover(handler: Handler, read_models: apsw.Connection) -> None:
    _, generations_that_ran, _ = generations.unfinished(read_models)
    _, jobs_that_ran = jobs.unfinished(read_models)
    await interrupt_what_ran(handler, generations_that_ran, jobs_that_ran)


@asynccontextmanager
async def _at_work(
    data: DataDir, settings: Settings, store: _Store, handler: Handler, feed: Feed
) -> AsyncIterator[Desk]:
    crew = Crew(handler, feed, paths.program())
    desk = _desk(data, settings, store, handler, feed, crew)
    preparing = Duty("preparation", "Preparations", partial(_prepare, data, handler, crew), feed)
    desk.duties = [desk.dispatcher.duty, desk.jobs.duty, crew.story.duty, preparing]
    reacting = [reactor.duty for reactor in desk.reactors]
    first = asyncio.create_task(preparing.once(), name=preparing.name)
    tasks = [asyncio.create_task(each.run(), name=each.name) for each in (*desk.duties[:-1], *reacting)]
    try:
        yield desk
    finally:
        await _ended([first])  # or it would start the workers yet
        await crew.leave()
        await _settled(desk, crew)
        await _ended(tasks)


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _desk(data: DataDir, settings: Settings, store: _Store, handler: Handler, feed: Feed, crew: Crew) -> Desk:
    media = Media(data)
    models = ModelCheck(handler, data.models, paths.program())
    sampling = choices()
    waiting, _, paused = generations.unfinished(store.read_models)
    dispatcher = Dispatcher(
        handler=handler,
        link=crew.links["image"],
        feed=feed,
        media=media,
        models=models,
        choices=sampling,
        waiting=Waiting(waiting, paused=paused),
        version=VERSION,
        previews=settings.live_previews,
    )
    job_runner = JobRunner(
        handler=handler,
        link=crew.links["media"],
        feed=feed,
        media=media,
        waiting=jobs.unfinished(store.read_models)[0],
        thumbnail_side=settings.thumbnail_side,
    )
    return Desk(
        version=VERSION,
        started_at=now(),
        data=data,
        settings=settings,
        handler=handler,
        reader=store.reader,
        read_models=store.read_models,
        progress=store.runner.progress,
        wal_bytes=store.log.wal_bytes,
        feed=feed,
        media=media,
        models=models,
        choices=sampling,
        dispatcher=dispatcher,
        jobs=job_runner,
        reactors=[_reactor(Thumbnails(handler), store, feed)],
        supervisor=crew.supervisor,
    )


def _reactor(reaction: Reaction, store: _Store, feed: Feed) -> Reactor:
    async def save(name: str, position: int) -> None:
        await asyncio.wrap_future(store.writer.call(lambda: store.log.save_reactor_position(name, position)))

    return Reactor(reaction, store.reader, feed, store.log.reactor_position(reaction.name), save)


async def _prepare(data: DataDir, handler: Handler, crew: Crew) -> None:
    """What may take a while the first time, and so is done while the page is already there.

    Workers are started also where the starter model can't be unpacked, on a full disk for instance; that is raised.
    """
    problem: Exception | None = None
    try:
        await prepare_starter(handler, paths.defaults(), data.models)
    except Exception as wrong:
        problem = wrong
    if not crew.is_started:
        cache = data.root / "cache" / "abort.json"
        crew.start(can_abort=problem is None and await can_abort(paths.program(), data.models, cache))
    if problem:
        raise problem


async def _settled(desk: Desk, crew: Crew) -> None:
    """Until what the workers left behind is recorded; a desk that can't write any more does not wait for it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SECONDS_TO_SETTLE):
            await asyncio.gather(desk.dispatcher.idle.wait(), desk.jobs.idle.wait(), crew.story.settled())
