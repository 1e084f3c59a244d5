"""Builds read models anew from a log, as far as one likes, by the very code that keeps the desk's own."""

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import apsw
from msgspec import Struct

from ddesk.app.replay.findings import Stories
from ddesk.events.envelope import Recorded
from ddesk.projections.changes import ChangeRecorder, RowChange
from ddesk.projections.projection import Progress, Projection
from ddesk.projections.runner import Runner
from ddesk.store.connection import open_database
from ddesk.store.past_log import PastLog

_EVENTS_A_TRANSACTION = 5_000


class Rebuilt(Struct, frozen=True, kw_only=True):
    """`path` is the file with the read models, `seconds` what it took, with following every stream's story."""

    path: Path
    seconds: float
    progress: list[Progress]
    stories: Stories


class _Followed:
    """A log whose streams' stories are followed while it is read."""

    def __init__(self, log: PastLog) -> None:
        self.stories = Stories()
        self.hash_at = log.hash_at
        self._log = log

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Recorded]:
        for recorded in self._log.read(after, until):
            self.stories.take_in(recorded)
            yield recorded


def rebuild(log: PastLog, projections: Sequence[Projection], folder: Path) -> Rebuilt:
    """Raises Fault where the log can't be read or `folder` not be written."""
    began = time.monotonic()
    followed = _Followed(log)
    runner = Runner(folder, projections, followed, lambda path: open_database(path, "read"))
    progress = runner.progress()
    runner.close()
    return Rebuilt(path=runner.path, seconds=time.monotonic() - began, progress=progress, stories=followed.stories)


class Step(Struct, frozen=True):
    """An event and what it did. `stalled` are the projections that gave up at it, each with its reason."""

    recorded: Recorded
    changes: list[RowChange]
    stalled: dict[str, str]


class Walk:
    """Read models that stand at a position of the log and go on from there. To be closed."""

    def __init__(self, log: PastLog, projections: Sequence[Projection], folder: Path, start: int = 0) -> None:
        """Raises Fault where the log can't be read or `folder` not be written, and Invalid for a wrong `start`."""
        self._log = log
        self._start = start
        self._opened: list[apsw.Connection] = []
        self._runner = Runner(folder, projections, log.up_to(start), self._open)
        self._recorder = ChangeRecorder(self._opened[-1])

    def _open(self, path: Path) -> apsw.Connection:
        self._opened.append(open_database(path, "read"))
        return self._opened[-1]

    def steps(self) -> Iterator[Step]:
        stalled = self.stalled
        for recorded in self._log.read(self._start):
            changes = self._recorder.during(partial(self._runner.apply, [recorded]))
            before, stalled = stalled, self.stalled
            yield Step(recorded, changes, {name: why for name, why in stalled.items() if name not in before})

    def changes(self) -> list[RowChange]:
        """What all that follows does to the rows, in sum."""
        return self._recorder.during(self._go_to_the_end)

    def _go_to_the_end(self) -> None:
        for some in _batches(self._log.read(self._start)):
            self._runner.apply(some)

    @property
    def stalled(self) -> dict[str, str]:
        return {each.name: each.stalled for each in self._runner.progress() if each.stalled}

    def close(self) -> None:
        self._runner.close()


def _batches(events: Iterable[Recorded]) -> Iterator[list[Recorded]]:
    remaining = iter(events)
    while some := list(islice(remaining, _EVENTS_A_TRANSACTION)):
        yield some
