"""`ddesk replay`: a log lived through again, to see what it holds and what it does."""

import argparse
import contextlib
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ddesk.app.replay.checking import Check, check
from ddesk.app.replay.findings import Findings, OfType, findings
from ddesk.app.replay.rebuilding import Rebuilt, Walk, rebuild
from ddesk.app.replay.source import opened
from ddesk.bootstrap import PROJECTIONS
from ddesk.cli.replay_text import row_lines
from ddesk.cli.step import step
from ddesk.errors import Conflict, Invalid
from ddesk.paths import DataDir
from ddesk.projections.changes import RowChange
from ddesk.store.past_log import PastLog
from ddesk.store.verify import Verification

_MOST_SHOWN = 50
_STEP_ONLY = ("first", "at_type", "at_stream", "at_position", "at_failure")


def replay(given: argparse.Namespace, data: DataDir) -> int:
    """0 where all is well, 1 where something is wrong. Raises Refused where it can't be done as asked."""
    try:
        return _replay(given, data)
    except BrokenPipeError:  # whoever read has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _replay(given: argparse.Namespace, data: DataDir) -> int:
    if not given.step and any(getattr(given, name) not in (None, False) for name in _STEP_ONLY):
        raise Invalid("step_only", "--from and --at-… are about going step by step.", "Give --step too.")
    with (
        opened(given.log or data.log, given.until) as log,
        _folder(given.to) as folder,
    ):
        if given.check:
            return _check(log, data, folder)
        if given.diff:
            return _diff(log, folder, *given.diff)
        return step(log, folder, given) if given.step else _survey(log, folder, keep=given.to is not None)


@contextlib.contextmanager
def _folder(wanted: Path | None) -> Iterator[Path]:
    """The one that was asked for, or one that is gone afterwards."""
    if wanted is None:
        with tempfile.TemporaryDirectory(prefix="ddesk-replay-") as temporary:
            yield Path(temporary)
        return
    if wanted.exists() and not (wanted.is_dir() and not any(wanted.iterdir())):
        raise Conflict("not_empty", f"{wanted} is there already, and not an empty folder.", "Name a new one.")
    wanted.mkdir(parents=True, exist_ok=True, mode=0o700)
    yield wanted


def _survey(log: PastLog, folder: Path, *, keep: bool) -> int:
    found, rebuilt, verified = findings(log.counts()), rebuild(log, PROJECTIONS, folder), log.verify()
    print("\n".join([*_counted(found), *_of_the_log(log, rebuilt, verified)]))
    if keep:
        print(f"Kept in         {rebuilt.path}")
    wrong = [*_wrong(log, rebuilt, verified)]
    print("", *(wrong or ["Nothing is wrong."]), sep="\n")
    return 1 if wrong else 0


def _counted(found: Findings) -> Iterator[str]:
    for kind, count in found.counts.items():
        yield f"{count:>9,} {kind}"
    yield ""
    yield from _listed("Unknown types", found.unknown, "")
    yield from _listed("Upcast", found.upcast, " to today's")


def _listed(title: str, each: tuple[OfType, ...], more: str) -> Iterator[str]:
    told = [f"{one.count:,} {one.type} of version {one.schema}{more}" for one in each]
    yield f"{title:<15} {', '.join(told) or 'none'}"


def _of_the_log(log: PastLog, rebuilt: Rebuilt, verified: Verification) -> Iterator[str]:
    pace = log.end / rebuilt.seconds
    yield f"Events          {log.end:,} in {rebuilt.seconds:.2f} s ({pace:,.0f} events/s)"
    yield f"Head            {log.end}, hash {log.head.hash.hex()}"
    yield f"Verified        {'every event is as it was written' if verified.ok else 'no'}"
    yield f"Read models     {', '.join(each.name for each in rebuilt.progress if not each.stalled)}"


def _wrong(log: PastLog, rebuilt: Rebuilt, verified: Verification) -> Iterator[str]:
    if not verified.ok:
        where = "The log" if verified.position is None else f"Event {verified.position}"
        yield f"{where} is not as it was written: {verified.why}."
    for damage in log.damaged.values():
        yield f"Event {damage.position} can't be read, and was passed over: {damage.why}."
    for broken in rebuilt.stories.broken.values():
        yield f"The story of {broken.stream} can't be followed from event {broken.position}: {broken.why}."
    for each in rebuilt.progress:
        if each.stalled:
            yield f"The read model {each.name} is stalled: {each.stalled}."


def _diff(log: PastLog, folder: Path, first: int, second: int) -> int:
    """What changed from A to B; where B is the earlier one, what would have to change back is shown as it happened."""
    if first > second:
        raise Invalid("wrong_order", f"{first} comes after {second}.", "Give the earlier position first.")
    with contextlib.closing(Walk(log.up_to(second), PROJECTIONS, folder, start=first)) as walk:
        changes, stalled = walk.changes(), walk.stalled
    print(f"From event {first} to {second}:", *_summed(changes), "", sep="\n")
    _show(changes)
    for name, why in stalled.items():
        print(f"The read model {name} is stalled: {why}.")
    return 1 if stalled or log.damaged else 0


def _summed(changes: list[RowChange]) -> Iterator[str]:
    counted = Counter((each.table, each.kind) for each in changes)
    for table in dict.fromkeys(each.table for each in changes):
        numbers = [f"{counted[table, kind]:,} {kind}" for kind in ("added", "removed", "changed")]
        yield f"  {table:<16} {', '.join(numbers)}"
    if not changes:
        yield "  no row differs"


def _show(changes: list[RowChange], most: int | None = None) -> None:
    for each in changes[:most]:
        print(*row_lines(each), sep="\n")
    if most is not None and len(changes) > most:
        print(f"… and {len(changes) - most:,} more")


def _check(log: PastLog, data: DataDir, folder: Path) -> int:
    found = check(log, PROJECTIONS, data.root, folder)
    print(f"Read models     {found.live}, as of event {found.position}")
    if not found.of_this_log:
        print("They followed another log than this one. The desk builds them anew when it is opened.")
        return 1
    return _checked(found)


def _checked(found: Check) -> int:
    assert found.rebuilt
    print(f"Built anew      in {found.rebuilt.seconds:.2f} s, {found.rows:,} rows")
    for name, why in found.stalled.items():
        print(f"The read model {name} is stalled: {why}.")
    if found.changes:
        print(f"{len(found.changes):,} rows differ, from what they are to what they should be:")
        _show(found.changes, _MOST_SHOWN)
    elif not found.stalled:
        print("They are what the log makes of them.")
    return 1 if found.changes or found.stalled else 0
