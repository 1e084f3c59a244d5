"""The read models as of a position: built beside the live ones, in a folder of their own.

A folder that carries its own name is whole. It is built under another name, beside, so that a build which was killed
leaves nothing that anybody would open.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ddesk.events.envelope import Recorded
from ddesk.projections.projection import Projection, fingerprint
from ddesk.projections.runner import Log, Opener, Runner

_EVENTS_BETWEEN_REPORTS = 5_000
Report = Callable[[int], None]
"""Is told the position up to which the log was read."""


class _EndsAt:
    """A log of which nothing after a position is read."""

    def __init__(self, log: Log, end: int, report: Report) -> None:
        self._log = log
        self._end = end
        self._report = report

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Recorded]:
        for recorded in self._log.read(after, self._end if until is None else min(until, self._end)):
            if recorded.position % _EVENTS_BETWEEN_REPORTS == 0:
                self._report(recorded.position)
            yield recorded

    def hash_at(self, position: int) -> bytes | None:
        return self._log.hash_at(position)


def read_file(folder: Path, projections: Sequence[Projection]) -> Path:
    """Where the read models lie in the folder of a shadow."""
    return folder / f"read-{fingerprint(projections)}.db"


def build(
    folder: Path,
    position: int,
    projections: Sequence[Projection],
    log: Log,
    open_for_writing: Opener,
    report: Report,
    older: Path | None = None,
) -> None:
    """Fill `folder` with the read models as of `position`, that event included.

    `older` is the folder of a shadow of an earlier position, from which it goes on. Raises Fault where the log can't be
    read, or Fault and OSError where there is no room.
    """
    beside = folder.with_suffix(".building")
    for left in (folder, beside):
        shutil.rmtree(left, ignore_errors=True)
    beside.mkdir(parents=True, mode=0o700)
    if older:
        shutil.copyfile(read_file(older, projections), read_file(beside, projections))
    Runner(beside, projections, _EndsAt(log, position, report), open_for_writing).close()
    beside.rename(folder)
