"""Why a worker was lost, told from how its process ended and from the last lines that it wrote."""

import re
import signal as signals

from msgspec import Struct

from ddesk.supervision.libraries import library_trouble
from ddesk.supervision.notices import LossCause

TAIL_BYTES = 8 << 10
_LINES_READ = 30
"""Lines before these are about earlier work, which the process survived."""

SIGNS: tuple[tuple[LossCause, str], ...] = (
    # ggml: each backend's allocator, graph allocator and context; C++ and Python when the heap is spent
    ("out_of_memory", r"\bout of memory\b"),
    ("out_of_memory", r"Out(OfDevice|OfHost|Of)Memory"),
    ("out_of_memory", r"Device memory allocation of size \d+ failed"),
    ("out_of_memory", r"(failed|unable) to allocate "),
    ("out_of_memory", r"insufficient memory"),
    ("out_of_memory", r"not enough space in the (buffer|context's memory pool)"),
    ("out_of_memory", r"buffer allocation failed|too less memory"),
    ("out_of_memory", r"alloc (compute|params backend) buffer failed"),
    ("out_of_memory", r"std::bad_alloc|^MemoryError"),
    # gguf, stable-diffusion.cpp and llama.cpp while they read a file
    ("bad_model_file", r"^gguf_init_from_\w+: "),
    ("bad_model_file", r"failed to open (GGUF file|zip|file) "),
    ("bad_model_file", r"init model loader from file failed|get sd version from file failed"),
    ("bad_model_file", r"load tensors from (file|model loader) failed|read tensor data failed"),
    ("bad_model_file", r"tensor '.*' (has wrong shape|not in model file)"),
    ("bad_model_file", r"not within the file bounds|corrupted (model|or incomplete)"),
    ("bad_model_file", r"missing tensor( info mapping for)? "),
    ("bad_model_file", r"error loading model|failed to load model|unknown model architecture"),
    # any check of the engines' own, the C library's, or an exception that nobody caught
    ("assertion", r"GGML_ASSERT\(.*\) failed"),
    ("assertion", r"\.(c|cc|cpp|cu|cuh|h|hpp|m|metal):\d+: "),
    ("assertion", r"Assertion [`'].*' failed"),
    ("assertion", r"terminate called after throwing"),
    ("assertion", r"^Traceback \(most recent call last\)"),
)
"""What to look for, the most telling cause first: an engine out of memory often fails a check of its own next."""

WORDS: dict[LossCause, str] = {
    "out_of_memory": "It ran out of memory.",
    "bad_model_file": "It could not read the model's file, which is damaged, incomplete or of another kind.",
    "assertion": "The engine stopped itself because a check of its own failed.",
    "killed": "Something outside the desk ended it; the system does that when memory runs out.",
    "hung": "It stopped answering, so the desk ended it.",
    "unfit_processor": (
        "It used an instruction that this processor doesn't know. The engines need a processor with AVX2, which those"
        " since about 2013 have; for an older one build the desk from source: `uv run ddesk`."
    ),
    "unknown": "It ended without saying why.",
}

HOPELESS: frozenset[LossCause] = frozenset({"missing_library", "unfit_processor"})
"""Causes that lie in the machine, so that starting again mends nothing."""

_FROM_OUTSIDE = frozenset({"SIGKILL", "SIGTERM", "SIGINT"})
_ILLEGAL_INSTRUCTION = 0xC000001D
"""The exit code that Windows gives, where others send SIGILL."""

_HARMLESS = re.compile(r"of pinned memory")
"""ggml asks for such memory, does without, and says so in the words of a real failure."""


class Loss(Struct, frozen=True):
    cause: LossCause
    words: str


class OutputTail:
    """The last 8 KiB of what a process wrote. One thread adds, any may read."""

    def __init__(self) -> None:
        self._kept = b""

    def add(self, chunk: bytes) -> None:
        self._kept = (self._kept + chunk)[-TAIL_BYTES:]

    def text(self) -> str:
        return self._kept.decode("utf-8", "replace")


def classify(tail: str, *, exit_code: int | None, signal: int | None) -> Loss:
    """Name the cause of a loss. A process killed from outside had no say, so its output isn't asked."""
    name = "" if signal is None else _name(signal)
    if name in _FROM_OUTSIDE:
        return Loss("killed", WORDS["killed"])
    if name == "SIGILL" or exit_code == _ILLEGAL_INSTRUCTION:
        return Loss("unfit_processor", WORDS["unfit_processor"])
    lines = [line for line in tail.splitlines() if not _HARMLESS.search(line)]
    last = "\n".join(lines[-_LINES_READ:])
    if not name and (trouble := library_trouble(last)):  # what dies of a signal had loaded all that it needs
        return Loss("missing_library", f"{trouble.words} {trouble.advice}")
    return _by_last_words(last) or _by_end(exit_code, name)


def _by_last_words(last: str) -> Loss | None:
    causes = (cause for cause, sign in SIGNS if re.search(sign, last, re.IGNORECASE | re.MULTILINE))
    return next((Loss(cause, WORDS[cause]) for cause in causes), None)


def _by_end(exit_code: int | None, signal: str) -> Loss:
    if signal == "SIGABRT":
        return Loss("assertion", WORDS["assertion"])
    if signal:
        return Loss("unknown", f"It crashed ({signal}).")
    return Loss("unknown", f"It ended by itself with exit code {exit_code}.")


def _name(signal: int) -> str:
    try:
        return signals.Signals(signal).name
    except ValueError:
        return f"signal {signal}"
