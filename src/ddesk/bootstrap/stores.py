"""The log and the read models of a data directory, and what reads and writes them."""

import asyncio
import contextlib
from collections.abc import Sequence

import apsw
from msgspec import Struct

from ddesk import paths
from ddesk.app.feed import Feed
from ddesk.app.handle import Handler
from ddesk.app.recovery import interrupt_what_ran
from ddesk.app.searches import Searches, Sources
from ddesk.events.envelope import Recorded
from ddesk.paths import DataDir
from ddesk.projections import generations, jobs
from ddesk.projections.footprints import Footprints
from ddesk.projections.gallery import Gallery
from ddesk.projections.generations import Generations
from ddesk.projections.jobs import Jobs
from ddesk.projections.language_presets import LanguagePresets as LanguagePresetRows
from ddesk.projections.memory import Memory
from ddesk.projections.presets import Presets
from ddesk.projections.projection import Projection
from ddesk.projections.runner import DAMAGED, Runner
from ddesk.projections.system import System
from ddesk.projections.timeline import Timeline
from ddesk.store.connection import open_database
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from ddesk.store.writer import Writer

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


class Store(Struct):
    """The log and the read models, with what reads and writes them."""

    log: EventLog
    runner: Runner
    writer: Writer
    reader: LogReader
    read_models: apsw.Connection
    searches: Searches


async def recovered_store(
    data: DataDir, projections: Sequence[Projection], feed: Feed, closing: contextlib.ExitStack
) -> Store:
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


def _open_store(data: DataDir, projections: Sequence[Projection], feed: Feed, closing: contextlib.ExitStack) -> Store:
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
    return Store(log, runner, writer, reader, read_models, searches)


def _open_searches(data: DataDir, runner: Runner, closing: contextlib.ExitStack) -> Searches:
    sources = Sources(LogReader.open(data.log), open_database(runner.path, "read-reader"))
    closing.callback(sources.close)
    searches = Searches(sources)
    closing.callback(searches.close)
    return searches


async def _recover(store: Store) -> None:
    _, generations_that_ran, _ = generations.unfinished(store.read_models)
    running = jobs.running(store.read_models)
    await interrupt_what_ran(Handler(store.reader, store.writer), generations_that_ran, running)


async def scrub_files(store: Store) -> None:
    def scrub() -> None:
        store.log.scrub()
        store.runner.scrub()

    await asyncio.wrap_future(store.writer.call(scrub))
