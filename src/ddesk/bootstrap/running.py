"""A desk at work: how it is opened, and how it ends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from msgspec import Struct

from ddesk import paths
from ddesk.app.abort_check import can_abort
from ddesk.app.clock import Clock, RealClock
from ddesk.app.crew import Crew
from ddesk.app.desk import Desk
from ddesk.app.duty import Duty
from ddesk.app.feed import Feed
from ddesk.app.hand_edits import record_hand_edits
from ddesk.app.handle import Handler
from ddesk.app.model_library import ModelLibrary
from ddesk.app.presets import prepare_starter
from ddesk.bootstrap.assembly import assembled
from ddesk.bootstrap.defaults import model_bounds
from ddesk.bootstrap.stores import PROJECTIONS, Store, recovered_store
from ddesk.paths import DataDir
from ddesk.projections.projection import Projection
from ddesk.settings import Settings
from ddesk.store import starter
from ddesk.supervision.transport import fitting

_SECONDS_TO_SETTLE = 1.0


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
        files = starter.manifest(paths.defaults()).places(data.models)
        crew.start(can_abort=problem is None and await can_abort(paths.program(), files, cache))
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
        store = await recovered_store(data, projections, feed, closing)
        handler = Handler(store.reader, store.writer)
        await record_hand_edits(handler, data.settings)
        async with _at_work(data, settings, store, handler, feed, outside or Outside()) as desk:
            yield desk


@asynccontextmanager
async def _at_work(
    data: DataDir, settings: Settings, store: Store, handler: Handler, feed: Feed, outside: Outside
) -> AsyncIterator[Desk]:
    crew = outside.crew(settings, handler, feed)
    desk = assembled(data, settings, store, handler, feed, crew, outside.clock)
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
