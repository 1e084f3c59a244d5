"""`ddesk` and its subcommands. Each is imported only when it is asked for: a worker must not load the server."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

_WORKERS = {"image": "workers.image.__main__", "media": "workers.media", "fake": "workers.fake"}
"""Their modules, by name: the desk's own packages never import a worker."""


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["worker"]:
        return _worker(given[1:])
    if given[:1] == ["probe"]:
        return int(importlib.import_module("workers.probe").main(given[1:]))
    return _desk(parser().parse_args(given))


def _worker(given: Sequence[str]) -> int:
    if len(given) != 1 or given[0] not in _WORKERS:
        print(f"usage: ddesk worker {{{','.join(_WORKERS)}}}  (the desk starts these by itself)", file=sys.stderr)
        return 2
    return int(importlib.import_module(_WORKERS[given[0]]).main())


def _desk(given: argparse.Namespace) -> int:
    from ddesk.cli.commands import run

    return run(given)


def parser() -> argparse.ArgumentParser:
    from importlib.metadata import version  # a sixth of what a worker has to import

    everywhere = argparse.ArgumentParser(add_help=False)
    everywhere.add_argument(
        "--data-dir", type=Path, default=argparse.SUPPRESS, metavar="D", help="where everything is kept"
    )
    top = argparse.ArgumentParser("ddesk", description="A creative AI desk on your own machine.", parents=[everywhere])
    top.add_argument("--version", action="version", version=f"ddesk {version('ddesk')}")
    top.add_argument("--port", type=int, metavar="N", help="7433, or the next free one; 0 picks one")
    top.add_argument("--host", metavar="H", help="the address to listen on: this machine only, for now")
    top.add_argument("--no-browser", action="store_true", help="do not open the page")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    _add_generate(commands.add_parser("generate", help="make a picture", parents=[everywhere]))
    doctor = commands.add_parser("doctor", help="look for what is wrong, and say what to do", parents=[everywhere])
    doctor.add_argument("--json", action="store_true", help="for programs")
    commands.add_parser("rebuild", help="build the read models anew from the log", parents=[everywhere])
    _add_log(commands.add_parser("log", help="look at the log of events", parents=[everywhere]), everywhere)
    commands.add_parser("worker", help="play a worker (started by the desk)")
    commands.add_parser("probe", help="look at devices, engines and model files (started by the desk)")
    return top


def _add_generate(generate: argparse.ArgumentParser) -> None:
    generate.add_argument("prompt", metavar="PROMPT")
    generate.add_argument("-o", "--output", type=Path, metavar="FILE", help="copy the picture there")
    generate.add_argument("--seed", type=int, metavar="N")
    generate.add_argument("--steps", type=int, metavar="N")
    generate.add_argument("--size", type=_size, metavar="WxH", help="in pixels")
    generate.add_argument("--negative", default="", metavar="TEXT", help="what should not be in it")


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 512x512")
    return int(width), int(height)


def _add_log(log: argparse.ArgumentParser, everywhere: argparse.ArgumentParser) -> None:
    kinds = log.add_subparsers(dest="log_command", required=True, metavar="COMMAND")
    tail = kinds.add_parser("tail", help="the newest events", parents=[everywhere])
    tail.add_argument("-n", type=int, default=20, metavar="N", help="how many (20)")
    kinds.add_parser("verify", help="check every event against the chain of hashes", parents=[everywhere])
