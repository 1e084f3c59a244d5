"""What `ddesk replay` and `ddesk rerun` are told."""

import argparse
from pathlib import Path

_REPLAY = """
Builds read models from a log, as a desk does, and says what the log holds. The log is only read; nothing reacts to
what happens in it. Exits with 0 where all is well, 1 where something is wrong, 2 where it can't be done as asked.
"""
_STEP = """
Each event is shown with the rows that it changes, up to the first failure or, with --at-…, to the first event for
which all of these hold; of that one the causes and the effects are shown too. On a terminal it waits after each:
Enter for the next, c to go on to the stop, q to quit.
"""
_RERUN = """
Makes a picture again from its recipe and says whether its pixels are identical, and which facts differ. The new one is
kept beside the old one, as a picture of its own. Exits with 0 where they are identical, 1 where not.
"""


def add_replay(replay: argparse.ArgumentParser) -> None:
    replay.description = _REPLAY
    replay.set_defaults(when_refused=2)
    replay.add_argument(
        "--log", type=Path, metavar="FILE", help="a log.db or an export of one (the data directory's own log)"
    )
    replay.add_argument("--until", type=_position, metavar="N", help="up to this event (the last one)")
    replay.add_argument("--to", type=Path, metavar="DIR", help="keep the read models there, in a new or empty folder")
    what = replay.add_mutually_exclusive_group()
    what.add_argument("--step", action="store_true", help="go event by event")
    what.add_argument(
        "--diff", type=_position, nargs=2, metavar=("A", "B"), help="which rows differ between two positions"
    )
    what.add_argument(
        "--check", action="store_true", help="whether the data directory's read models are what the log makes of them"
    )
    step = replay.add_argument_group("with --step", _STEP)
    step.add_argument(
        "--from",
        type=_position,
        dest="first",
        metavar="N",
        help="begin at this event: what lies before is built at once",
    )
    step.add_argument("--at-type", metavar="TYPE", help="stop at an event of this type")
    step.add_argument("--at-stream", metavar="STREAM", help="stop at an event of this stream")
    step.add_argument("--at-position", type=_position, metavar="N", help="stop at this event or after it")
    step.add_argument(
        "--at-failure",
        action="store_true",
        help="stop where a type ends in Failed, Lost or Quarantined, or a projection gives up",
    )


def add_rerun(rerun: argparse.ArgumentParser) -> None:
    rerun.description = _RERUN
    rerun.add_argument("id", metavar="ID", help="of a picture, or of a generation for all of its pictures")
    rerun.add_argument("--sampler", metavar="NAME", help="another sampler than then")
    rerun.add_argument("--sigma-schedule", metavar="NAME")
    rerun.add_argument("--steps", type=int, metavar="N")
    rerun.add_argument("--cfg", type=float, metavar="X")
    rerun.add_argument("--guidance", type=float, metavar="X")
    rerun.add_argument("--seed", type=int, metavar="N")


def _position(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no position such as 17")
    return int(text)
