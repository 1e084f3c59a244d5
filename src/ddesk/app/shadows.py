"""Keeps the desks of the past that somebody looks at: each a file of read models as of one position.

They are built in a process of their own, one at a time, and last no longer than the desk is open: what is found in
their folder at the start was left behind, and may hold what was forgotten since.
"""

import asyncio
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

import apsw
from msgspec import Struct

from ddesk.app.feed import Feed
from ddesk.app.notices import ShadowProgress
from ddesk.app.streams import earlier
from ddesk.errors import Fault
from ddesk.events.envelope import Recorded
from ddesk.events.log import DataForgotten
from ddesk.paths import DataDir
from ddesk.projections.projection import Projection
from ddesk.projections.shadow import read_file
from ddesk.store.connection import open_database
from ddesk.store.log_reader import LogReader

MOST_KEPT = 3
SECONDS_TO_BUILD = 10.0
"""How long a request waits for one before it is told to come again."""

_log = logging.getLogger(__name__)


class StillBuilding(Exception):
    """No error: it takes longer than whoever asked wants to wait. `done` of the events up to `position` are read."""

    def __init__(self, position: int, done: int) -> None:
        super().__init__(f"{done} of {position}")
        self.position = position
        self.done = done


class _Build(Struct):
    """`waiting` counts those who wait for it right now."""

    task: asyncio.Task[apsw.Connection]
    done: int = 0
    waiting: int = 0


class Shadows:
    def __init__(
        self,
        data: DataDir,
        program: Sequence[str],
        projections: Sequence[Projection],
        reader: LogReader,
        feed: Feed,
    ) -> None:
        self._data = data
        self._program = program
        self._projections = projections
        self._reader = reader
        self._feed = feed
        self._folder = data.root / "cache" / "as-of"
        self._kept: dict[int, apsw.Connection] = {}
        self._builds: dict[int, _Build] = {}
        self._one_at_a_time = asyncio.Lock()
        shutil.rmtree(self._folder, ignore_errors=True)
        feed.on_events(self._forget)

    async def at(self, position: int, seconds: float) -> apsw.Connection:
        """The read models as of a position, to be read only and not to be kept.

        Raises NotFound for a position that the log doesn't have, StillBuilding where it takes longer than so many
        seconds, and Fault where it can't be built.
        """
        earlier(self._reader, position)
        while True:
            if position in self._kept:
                self._kept[position] = self._kept.pop(position)  # the one used last is the last
                return self._kept[position]
            build = self._builds.get(position) or self._begin(position)
            await _waited_for(build, seconds)
            if not build.task.done():
                raise StillBuilding(position, build.done)
            if not build.task.cancelled():
                return build.task.result()

    def _begin(self, position: int) -> _Build:
        """A build that nobody waits for any more gives way."""
        for other in self._builds.values():
            if not other.waiting:
                other.task.cancel()
        task = asyncio.create_task(self._build(position), name=f"shadow {position}")
        task.add_done_callback(lambda _: self._builds.pop(position))
        self._builds[position] = _Build(task)
        return self._builds[position]

    async def _build(self, position: int) -> apsw.Connection:
        folder = self._folder / str(position)
        async with self._one_at_a_time:
            older = max((each for each in self._kept if each < position), default=None)
            await self._run(position, folder, *([] if older is None else [self._folder / str(older)]))
        self._kept[position] = open_database(read_file(folder, self._projections), "read-reader")
        self._keep_few()
        return self._kept[position]

    async def _run(self, position: int, folder: Path, *older: Path) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._program,
            "shadow",
            *map(str, (self._data.root, folder, position, *older)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout
            assert process.stderr
            _, errors = await asyncio.gather(self._follow(position, process.stdout), process.stderr.read())
            if code := await process.wait():
                raise _lost(position, code, errors.decode(errors="replace"))
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _follow(self, position: int, reports: asyncio.StreamReader) -> None:
        async for line in reports:
            self._builds[position].done = int(line)
            self._feed.notice(ShadowProgress(position=position, done=int(line)))

    def _keep_few(self) -> None:
        for position in list(self._kept)[:-MOST_KEPT]:
            self._drop(position)

    def _drop(self, position: int) -> None:
        """A connection is closed when the last who reads by it lets go of it."""
        del self._kept[position]
        shutil.rmtree(self._folder / str(position))

    def _forget(self, events: Sequence[Recorded]) -> None:
        """What holds an event whose private part is gone from the log goes too, whole or half built."""
        forgotten = [each.event.positions for each in events if isinstance(each.event, DataForgotten)]
        first = min((position for positions in forgotten for position in positions), default=None)
        if first is None:
            return
        for position in [each for each in self._kept if each >= first]:
            self._drop(position)
        for position, build in self._builds.items():
            if position >= first:
                build.task.cancel()

    async def close(self) -> None:
        tasks = [build.task for build in self._builds.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._kept.clear()
        shutil.rmtree(self._folder, ignore_errors=True)


async def _waited_for(build: _Build, seconds: float) -> None:
    build.waiting += 1
    try:
        await asyncio.wait([build.task], timeout=seconds)
    finally:
        build.waiting -= 1


def _lost(position: int, code: int, errors: str) -> Fault:
    _log.error("The shadow of %d was not built (exit %d): %s", position, code, errors[-2000:])
    last = errors.strip().rpartition("\n")[2]
    return Fault(
        "shadow_not_built",
        f"The desk as of event {position} could not be read from the log: {last or f'exit {code}'}",
        "Is there room on the disk? The log file tells more.",
    )
