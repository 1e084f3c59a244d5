"""The questions that the probe answers."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

PRESET_BYTES = 1 << 20


def answer(argv: Sequence[str]) -> int:
    """Answer on stdout, in one JSON document. Each question loads only what it needs."""
    asked = _parser().parse_args(argv)
    os.environ["GGML_NO_BACKTRACE"] = "1"  # an engine that aborts would otherwise start a debugger on itself
    with os.fdopen(_keep_stdout(), "wb") as out:
        out.write(msgspec.json.encode(_QUESTIONS[asked.question](asked)) + b"\n")
    return 0


def _keep_stdout() -> int:
    """A copy of stdout for the answer alone: engines write there as they please, which from now on goes to stderr."""
    sys.stdout.flush()
    out = os.dup(1)
    os.dup2(2, 1)
    return out


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ddesk probe", description="Look at devices, engines and model files.")
    questions = parser.add_subparsers(dest="question", required=True)
    questions.add_parser("devices", help="the processor and the graphics cards, with their memory")
    questions.add_parser("engines", help="what is installed, how it was built, and whether it loads")
    abort = questions.add_parser("abort", help="whether a running picture can be stopped")
    abort.add_argument("--models", type=Path, required=True, help="the folder that holds the starter model")
    model = questions.add_parser("model", help="what model files are")
    model.add_argument("paths", type=Path, nargs="+")
    questions.add_parser("preset", help="whether files make a model; paths by part as JSON on stdin")
    return parser


def _devices(_asked: argparse.Namespace) -> Any:
    from workers.probe.devices import devices

    return devices()


def _engines(_asked: argparse.Namespace) -> Any:
    from workers.probe.engines import engines

    return {"engines": engines()}


def _abort(asked: argparse.Namespace) -> Any:
    from workers.probe.abort import verdict

    return verdict(asked.models)


def _model(asked: argparse.Namespace) -> Any:
    from workers.probe.model import describe

    return {"models": [describe(path) for path in asked.paths]}


def _preset(_asked: argparse.Namespace) -> Any:
    from workers.probe.preset import Problem, problems

    try:
        paths = msgspec.json.decode(sys.stdin.buffer.read(PRESET_BYTES), type=dict[str, str])
        found = problems(paths)
    except msgspec.DecodeError as wrong:
        found = [Problem("bad_question", "", f"Paths by part were expected as JSON: {wrong}.")]
    return {"ok": not found, "problems": found}


_QUESTIONS: Mapping[str, Callable[[argparse.Namespace], Any]] = {
    "devices": _devices,
    "engines": _engines,
    "abort": _abort,
    "model": _model,
    "preset": _preset,
}
