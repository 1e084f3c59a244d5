"""What a model file says of itself before its weights begin."""

from pathlib import Path
from typing import Literal, NamedTuple

from msgspec import Struct

Format = Literal["safetensors", "gguf", "checkpoint"]
Code = Literal["file_missing", "not_a_file", "unreadable", "empty", "foreign", "damaged", "truncated"]


class Tensor(NamedTuple):
    """`shape` has the outermost dimension first, as in PyTorch, whatever the file's own order; `size` is in bytes."""

    dtype: str
    shape: tuple[int, ...]
    size: int


MAX_TEXT = 4096
"""Longer metadata is passed over: training settings, templates, tables of words."""

Value = str | int | float | tuple[int, ...]


class Header(Struct, frozen=True):
    """`size` is the file's, in bytes. `metadata` are the short ones of what a file says of itself, by its own names.

    `imports` are what a pickle would have loaded, had anybody unpickled it; empty where the file is none. The tensors
    of one that can't be followed without doing so are not known.
    """

    format: Format
    size: int
    tensors: dict[str, Tensor]
    metadata: dict[str, Value] = {}
    imports: tuple[str, ...] = ()


class BadFile(Exception):
    """It can't be what it should be. `words` are for people."""

    def __init__(self, code: Code, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


def damaged(path: Path, how: str) -> BadFile:
    return BadFile("damaged", f"{path.name} is damaged: {how}. Download or copy it again.")


def truncated(path: Path, size: int, needed: int) -> BadFile:
    words = f"{path.name} is cut off: {size:,} of {needed:,} bytes are there. Download or copy it again."
    return BadFile("truncated", words)
