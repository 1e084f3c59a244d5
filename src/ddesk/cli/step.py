"""`ddesk replay --step`: event by event, up to where one wants to look closer."""

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from ddesk.app.replay.causes import causes
from ddesk.app.replay.rebuilding import Step, Walk
from ddesk.app.replay.stops import Stop
from ddesk.bootstrap import PROJECTIONS
from ddesk.cli.replay_text import data_lines, event_line, row_lines
from ddesk.events.envelope import Recorded
from ddesk.store.past_log import PastLog

_MOST_EFFECTS = 20
_ANY_FAILURE = Stop(failure=True)


def step(log: PastLog, folder: Path, given: argparse.Namespace) -> int:
    """1 where a read model gave up, an event can't be read, or what was looked for never came."""
    stop = _stop(given)
    with contextlib.closing(Walk(log, PROJECTIONS, folder, start=_before(given.first))) as walk:
        found = _walk(log, walk, stop)
        wrong = walk.stalled or log.damaged
    for damage in log.damaged.values():
        print(f"Event {damage.position} can't be read, and was passed over: {damage.why}.")
    if not found:
        print(f"The log ends at event {log.end}; {_unmet(stop)}")
    return 1 if wrong or not (found or stop == _ANY_FAILURE) else 0


def _stop(given: argparse.Namespace) -> Stop:
    """At a failure, where nothing else was asked for."""
    asked = Stop(type=given.at_type, stream=given.at_stream, position=given.at_position, failure=given.at_failure)
    return _ANY_FAILURE if asked == Stop() else asked


def _unmet(stop: Stop) -> str:
    return "nothing failed." if stop == _ANY_FAILURE else "what was looked for did not come."


def _before(first: int | None) -> int:
    return max((first or 1) - 1, 0)


def _walk(log: PastLog, walk: Walk, stop: Stop) -> bool:
    """Whether it came to the stop, or was left before. On a terminal it goes on after a stop as long as one likes."""
    asks, silent, found = sys.stdin.isatty(), False, False
    for each in walk.steps():
        met = stop.is_met(each.recorded, stalled=bool(each.stalled))
        found |= met
        if silent and not met:
            continue
        print(*_lines(each), *(_story(log, each.recorded) if met else ()), sep="\n")
        answer = _asked() if asks else "q" if met else ""
        if answer == "q":
            return True
        silent = answer == "c"
    return found


def _asked() -> str:
    try:
        return input("Enter: next, c: on to the stop, q: quit > ").strip().lower()
    except EOFError:
        return "q"


def _lines(each: Step) -> Iterator[str]:
    yield event_line(each.recorded)
    yield from data_lines(each.recorded)
    for change in each.changes:
        yield from row_lines(change)
    for name, why in each.stalled.items():
        yield f"  The read model {name} gave up: {why}."


def _story(log: PastLog, recorded: Recorded) -> Iterator[str]:
    chain = [*causes(log, recorded), recorded]
    yield f"  Caused by request {recorded.correlation_id} of {chain[0].actor}:"
    yield from (f"    {'→ ' if n else '  '}{event_line(each)}" for n, each in enumerate(chain))
    effects = log.effects(recorded.position)
    yield "  Led to:" if effects else "  It led to nothing."
    yield from (f"    {event_line(each)}" for each in effects[:_MOST_EFFECTS])
    if len(effects) > _MOST_EFFECTS:
        yield f"    … and {len(effects) - _MOST_EFFECTS:,} more"
