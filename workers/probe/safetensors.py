"""The header of a safetensors file: the length of a JSON object (8 bytes), the object, and then the weights.

https://huggingface.co/docs/safetensors: each name has a dtype, a shape, and where its bytes lie after the header.
"""

from math import prod
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from workers.probe.header import MAX_TEXT, BadFile, Header, Tensor, Value, damaged, truncated

MAX_HEADER = 100_000_000
"""Bytes, as the format's own library has it."""

_SIZES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
}  # fmt: skip
_METADATA = "__metadata__"


class _Entry(Struct):
    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


def read(path: Path, file: BinaryIO, size: int) -> Header:
    """Raises BadFile."""
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > MAX_HEADER:
        raise damaged(path, "it does not begin with the length of a header")
    if 8 + length > size:
        raise truncated(path, size, 8 + length)
    entries, metadata = _entries(path, file.read(length))
    tensors = {name: _tensor(path, name, entry) for name, entry in entries.items()}
    needed = 8 + length + max((entry.data_offsets[1] for entry in entries.values()), default=0)
    if needed > size:
        raise truncated(path, size, needed)
    return Header("safetensors", size, tensors, metadata)


def _entries(path: Path, text: bytes) -> tuple[dict[str, _Entry], dict[str, Value]]:
    try:
        raw = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        said = raw.pop(_METADATA, msgspec.Raw(b"null"))
        entries = {name: msgspec.json.decode(entry, type=_Entry) for name, entry in raw.items()}
        metadata = msgspec.json.decode(said)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise damaged(path, f"its header can't be read ({wrong})") from wrong
    return entries, _short(metadata) if isinstance(metadata, dict) else {}


def _short(metadata: dict[str, object]) -> dict[str, Value]:
    return {name: text for name, text in metadata.items() if isinstance(text, str) and len(text) <= MAX_TEXT}


def _tensor(path: Path, name: str, entry: _Entry) -> Tensor:
    begin, end = entry.data_offsets
    if entry.dtype not in _SIZES:
        raise BadFile("damaged", f"{path.name} holds {name!r} in {entry.dtype!r}, a format that nobody here knows.")
    if any(length < 0 for length in entry.shape) or not 0 <= begin <= end:
        raise damaged(path, f"the shape or place of {name!r} is impossible")
    if end - begin != prod(entry.shape) * _SIZES[entry.dtype]:
        raise damaged(path, f"{name!r} has another size than its shape {entry.shape} says")
    return Tensor(entry.dtype, tuple(entry.shape), end - begin)
