"""The questions that the probe answers."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

MAX_QUESTION = 64 << 20
"""Bytes."""

Answer = Iterator[Any]


def answer(argv: Sequence[str]) -> int:
    """Answer on stdout, each answer in a line of JSON. Each question loads only what it needs."""
    asked = _parser().parse_args(argv)
    os.environ["GGML_NO_BACKTRACE"] = "1"  # an engine that aborts would otherwise start a debugger on itself
    with os.fdopen(_keep_stdout(), "wb") as out:
        for each in _QUESTIONS[asked.question](asked):
            out.write(msgspec.json.encode(each) + b"\n")
            out.flush()
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
    abort.add_argument(
        "--file", nargs=2, action="append", required=True, metavar=("PART", "PATH"), help="each of the starter model"
    )
    questions.add_parser("models", help="what model files are; their paths as JSON on stdin, a line of answer for each")
    lora = questions.add_parser("lora", help="why a LoRA does not fit a model; an empty text where it may")
    lora.add_argument("--model", type=Path, required=True)
    lora.add_argument("--lora", type=Path, required=True)
    return parser


def _devices(_asked: argparse.Namespace) -> Answer:
    from workers.probe.devices import devices

    yield devices()


def _engines(_asked: argparse.Namespace) -> Answer:
    from workers.probe.engines import engines

    yield {"engines": engines()}


def _abort(asked: argparse.Namespace) -> Answer:
    from workers.probe.abort import verdict

    yield verdict(dict(asked.file))


def _models(_asked: argparse.Namespace) -> Answer:
    """In the order of the question, each as soon as it is known: whoever asks sees which file ends this process."""
    from workers.probe.model import describe

    paths = msgspec.json.decode(sys.stdin.buffer.read(MAX_QUESTION), type=list[str])
    yield from (describe(Path(path)) for path in paths)


def _lora(asked: argparse.Namespace) -> Answer:
    from workers.probe.lora import misfit

    yield misfit(asked.model, asked.lora)


_QUESTIONS: Mapping[str, Callable[[argparse.Namespace], Answer]] = {
    "devices": _devices,
    "engines": _engines,
    "abort": _abort,
    "models": _models,
    "lora": _lora,
}
