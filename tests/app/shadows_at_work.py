"""A log and the shadows of it, without a desk."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct

from ddesk.app.feed import Feed
from ddesk.app.notices import Notice
from ddesk.app.shadows import Shadows
from ddesk.bootstrap import PROJECTIONS, open_log
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.ids import new_id
from ddesk.paths import DataDir, program
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from ddesk.store.records import Append


class ShadowsAtWork(Struct, frozen=True):
    data: DataDir
    log: EventLog
    feed: Feed
    shadows: Shadows
    notices: list[Notice]

    @property
    def folders(self) -> list[str]:
        return sorted(each.name for each in (self.data.root / "cache" / "as-of").glob("*"))

    async def record(self, *events: NewEvent) -> None:
        """As a desk appends: listeners have heard of them when this returns."""
        before = self.log.head.position
        append(self.log, *events)
        self.feed.committed(list(self.log.read(before)))
        await asyncio.sleep(0)


def append(log: EventLog, *events: NewEvent) -> None:
    """Each as a command of its own, whatever the version of its stream."""
    versions: dict[str, int] = {}
    for recorded in log.read():
        versions[recorded.stream] = recorded.version
    for each in events:
        origin = Origin(command_id=new_id(), correlation_id="c", actor="user")
        expected = {each.stream: versions.get(each.stream, 0)}
        (outcome,) = log.append([Append(origin=origin, expected=expected, events=(each,))])
        assert not isinstance(outcome, Exception), outcome
        versions[each.stream] = expected[each.stream] + 1


@asynccontextmanager
async def shadows_at_work(
    root: Path, *events: NewEvent, command: Sequence[str] | None = None
) -> AsyncIterator[ShadowsAtWork]:
    data = DataDir(root)
    data.create()
    log = open_log(data)
    append(log, *events)
    reader = LogReader.open(data.log)
    feed, notices = Feed(asyncio.get_running_loop()), list[Notice]()
    feed.on_notices(notices.append)
    shadows = Shadows(data, program() if command is None else command, PROJECTIONS, reader, feed)
    try:
        yield ShadowsAtWork(data, log, feed, shadows, notices)
    finally:
        await shadows.close()
        reader.close()
        log.close()
