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
    if given[:1] == ["shadow"]:
        return _shadow(given[1:])
    return _desk(parser().parse_args(given))


def _worker(given: Sequence[str]) -> int:
    if len(given) != 1 or given[0] not in _WORKERS:
        print(f"usage: ddesk worker {{{','.join(_WORKERS)}}}  (the desk starts these by itself)", file=sys.stderr)
        return 2
    return int(importlib.import_module(_WORKERS[given[0]]).main())


def _shadow(given: Sequence[str]) -> int:
    from ddesk.cli.shadow import main

    return main(given)


def _desk(given: argparse.Namespace) -> int:
    from ddesk.cli.commands import run

    return run(given)


def parser() -> argparse.ArgumentParser:
    from importlib.metadata import version  # a sixth of what a worker has to import

    from ddesk.cli.replay_arguments import add_replay, add_rerun

    everywhere = argparse.ArgumentParser(add_help=False)
    everywhere.add_argument(
        "--data-dir", type=Path, default=argparse.SUPPRESS, metavar="D", help="where everything is kept"
    )
    top = argparse.ArgumentParser("ddesk", description="A creative AI desk on your own machine.", parents=[everywhere])
    top.add_argument("--version", action="version", version=f"ddesk {version('ddesk')}")
    top.add_argument("--port", type=int, metavar="N", help="7433, or the next free one; 0 picks one")
    top.add_argument("--host", metavar="H", help="the address to listen on: this machine only, for now")
    top.add_argument(
        "--window", choices=("app", "browser", "none"), help="how the page is shown; app is a window of its own"
    )
    top.add_argument("--no-browser", action="store_const", const="none", dest="window", help="as --window none")
    top.add_argument(
        "--simulate-device",
        metavar="SIZE",
        help="plan as if the device had so much memory: 8192MB, 8GB; see what gives",
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    _add_generate(commands.add_parser("generate", help="make a picture", parents=[everywhere]))
    doctor = commands.add_parser("doctor", help="look for what is wrong, and say what to do", parents=[everywhere])
    what = doctor.add_mutually_exclusive_group()
    what.add_argument("--json", action="store_true", help="for programs")
    what.add_argument("--bundle", metavar="FILE", help="write a zip file for who helps, with nothing private in it")
    _add_models(
        commands.add_parser("models", help="the model files, and what is wrong with them", parents=[everywhere])
    )
    commands.add_parser("rebuild", help="build the read models anew from the log", parents=[everywhere])
    _add_log(commands.add_parser("log", help="look at the log of events", parents=[everywhere]), everywhere)
    _add_backup(
        commands.add_parser("backup", help="copy the log, but not the pictures, to a folder", parents=[everywhere]),
        commands.add_parser("restore", help="put the log back from a backup", parents=[everywhere]),
    )
    add_replay(
        commands.add_parser("replay", help="live through a log again, to see what it holds", parents=[everywhere])
    )
    add_rerun(commands.add_parser("rerun", help="make a picture again, and compare", parents=[everywhere]))
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


def _add_models(models: argparse.ArgumentParser) -> None:
    models.add_argument("files", type=Path, nargs="*", metavar="FILE", help="these, wherever they lie")
    models.add_argument("--family", metavar="F", help="of this family alone, such as flux or sdxl")
    models.add_argument("--damaged", action="store_true", help="only those that can't be used")
    models.add_argument("--json", action="store_true", help="for programs")


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
    _add_export(kinds.add_parser("export", help="write it to a text file, one event a line", parents=[everywhere]))
    taken = kinds.add_parser("import", help="make the log of an empty directory from an export", parents=[everywhere])
    taken.add_argument("file", type=Path, metavar="FILE")


def _add_export(export: argparse.ArgumentParser) -> None:
    export.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    export.add_argument("--from", type=int, default=1, metavar="N", dest="first", help="the position to begin with")
    export.add_argument("--until", "--to", type=int, metavar="N", help="the position to end with")
    export.add_argument("--stream", metavar="S", help="this stream alone, such as image-018f…")
    export.add_argument(
        "--redact",
        action="append",
        choices=("prompts", "tags", "notes", "paths", "all"),
        default=[],
        help="leave out what may show these; to be given several times",
    )


def _add_backup(backup: argparse.ArgumentParser, restore: argparse.ArgumentParser) -> None:
    backup.add_argument("folder", type=Path, metavar="DIR", help="best on another disk")
    restore.add_argument("backup", type=Path, metavar="BACKUP", help="a file that `ddesk backup` made")
