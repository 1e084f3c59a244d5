"""The header of a GGUF file: counts, metadata, and the tensors' names, shapes and places.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Every count is checked against the bytes that are left before
anything is made of it: ggml's own reader takes a damaged count at its word, and ends the process.
"""

from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from struct import Struct as Layout
from struct import unpack
from typing import BinaryIO, NamedTuple

from workers.probe.header import MAX_TEXT, Header, Tensor, Value, damaged, truncated

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MAX_DIMENSIONS = 5
MAX_NAME = 1024
MAX_COUNT = 1_000_000
"""Of tensors, and of metadata; the largest models have some thousands."""

MAX_WORDS = 4_000_000
"""In a list of texts: a vocabulary has some hundred thousand."""

MAX_NUMBERS = 1024
"""In a list of numbers that is kept, such as one for each layer."""

_ALIGNMENT_KEY = "general.alignment"
_DEFAULT_ALIGNMENT = 32
_ARRAY, _STRING = 9, 8
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_BYTES = {kind: Layout("<" + letter).size for kind, letter in _SCALARS.items()}
"""Of each scalar type of a metadata value."""

_WHOLE = frozenset({0, 1, 2, 3, 4, 5, 10, 11})
_U32, _U64 = Layout("<I"), Layout("<Q")


class _Type(NamedTuple):
    """`block` values take `size` bytes."""

    name: str
    block: int
    size: int


_TYPES = {
    0: _Type("F32", 1, 4), 1: _Type("F16", 1, 2), 2: _Type("Q4_0", 32, 18), 3: _Type("Q4_1", 32, 20),
    6: _Type("Q5_0", 32, 22), 7: _Type("Q5_1", 32, 24), 8: _Type("Q8_0", 32, 34), 9: _Type("Q8_1", 32, 36),
    10: _Type("Q2_K", 256, 84), 11: _Type("Q3_K", 256, 110), 12: _Type("Q4_K", 256, 144), 13: _Type("Q5_K", 256, 176),
    14: _Type("Q6_K", 256, 210), 15: _Type("Q8_K", 256, 292), 16: _Type("IQ2_XXS", 256, 66),
    17: _Type("IQ2_XS", 256, 74), 18: _Type("IQ3_XXS", 256, 98), 19: _Type("IQ1_S", 256, 50),
    20: _Type("IQ4_NL", 32, 18), 21: _Type("IQ3_S", 256, 110), 22: _Type("IQ2_S", 256, 82),
    23: _Type("IQ4_XS", 256, 136), 24: _Type("I8", 1, 1), 25: _Type("I16", 1, 2), 26: _Type("I32", 1, 4),
    27: _Type("I64", 1, 8), 28: _Type("F64", 1, 8), 29: _Type("IQ1_M", 256, 56), 30: _Type("BF16", 1, 2),
    34: _Type("TQ1_0", 256, 54), 35: _Type("TQ2_0", 256, 66), 39: _Type("MXFP4", 32, 17), 40: _Type("NVFP4", 64, 36),
}  # fmt: skip


class _Reader:
    """Reads forward, and never past the end of the file."""

    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        self.path = path
        self._file = file
        self._size = size

    def at(self) -> int:
        return self._file.tell()

    def take(self, count: int) -> bytes:
        if count > self._size - self.at():
            raise damaged(self.path, f"{count:,} bytes should follow at {self.at():,}, and are not there")
        return self._file.read(count)

    def skip(self, count: int) -> None:
        if count > self._size - self.at():
            raise damaged(self.path, f"{count:,} bytes should follow at {self.at():,}, and are not there")
        self._file.seek(count, 1)

    def u32(self) -> int:
        return int(_U32.unpack(self.take(4))[0])

    def u64(self) -> int:
        return int(_U64.unpack(self.take(8))[0])

    def name(self) -> str:
        length = self.u64()
        if length > MAX_NAME:
            raise damaged(self.path, f"a name of {length:,} bytes stands at {self.at():,}")
        return self.take(length).decode(errors="replace")


def read(path: Path, file: BinaryIO, size: int) -> Header:
    """Raises BadFile."""
    reader = _Reader(path, file, size)
    reader.skip(len(MAGIC))
    version = reader.u32()
    if version not in VERSIONS:
        raise damaged(path, f"it is of GGUF version {version}, and 2 and 3 are the known ones")
    tensor_count, value_count = reader.u64(), reader.u64()
    if max(tensor_count, value_count) > MAX_COUNT:
        raise damaged(path, f"it should hold {tensor_count:,} tensors and {value_count:,} facts, which no model has")
    metadata = dict(_metadata(reader, value_count))
    alignment = _alignment(path, metadata)
    tensors: dict[str, Tensor] = {}
    end = 0
    for _ in range(tensor_count):
        name, tensor, offset = _tensor(reader)
        if name in tensors:
            raise damaged(path, f"it holds {name!r} twice")
        if offset % alignment:
            raise damaged(path, f"{name!r} does not lie where a tensor may lie")
        tensors[name] = tensor
        end = max(end, offset + tensor.size)
    needed = -(-reader.at() // alignment) * alignment + end
    if needed > size:
        raise truncated(path, size, needed)
    return Header("gguf", size, tensors, metadata)


def _alignment(path: Path, metadata: Mapping[str, Value]) -> int:
    alignment = metadata.get(_ALIGNMENT_KEY, _DEFAULT_ALIGNMENT)
    if not isinstance(alignment, int) or alignment < 1 or alignment.bit_count() != 1:
        raise damaged(path, f"its alignment is {alignment}")
    return alignment


def _metadata(reader: _Reader, count: int) -> Iterator[tuple[str, Value]]:
    """What is short; the rest is passed over."""
    for _ in range(count):
        key, kind = reader.name(), reader.u32()
        value = _value(reader, kind)
        if value is not None:
            yield key, value


def _value(reader: _Reader, kind: int) -> Value | None:
    if kind == _STRING:
        return _text(reader)
    if kind == _ARRAY:
        return _list(reader)
    if kind not in _SCALARS:
        raise damaged(reader.path, f"it holds a value of the unknown type {kind}")
    value: int | float = unpack("<" + _SCALARS[kind], reader.take(_BYTES[kind]))[0]
    return value


def _text(reader: _Reader) -> str | None:
    length = reader.u64()
    if length <= MAX_TEXT:
        return reader.take(length).decode(errors="replace")
    reader.skip(length)
    return None


def _list(reader: _Reader) -> tuple[int, ...] | None:
    """Of whole numbers, where there are few."""
    inner, count = reader.u32(), reader.u64()
    if inner in _WHOLE and count <= MAX_NUMBERS:
        return unpack(f"<{count}{_SCALARS[inner]}", reader.take(count * _BYTES[inner]))
    if inner in _SCALARS:
        reader.skip(count * _BYTES[inner])
    elif inner != _STRING or count > MAX_WORDS:
        raise damaged(reader.path, f"it holds a list of {count:,} values of type {inner}, which no model has")
    else:
        for _ in range(count):
            reader.skip(reader.u64())
    return None


def _tensor(reader: _Reader) -> tuple[str, Tensor, int]:
    name, dimensions = reader.name(), reader.u32()
    if dimensions > MAX_DIMENSIONS:
        raise damaged(reader.path, f"{name!r} has {dimensions:,} dimensions")
    lengths = [reader.u64() for _ in range(dimensions)]
    kind, offset = reader.u32(), reader.u64()
    if kind not in _TYPES:
        raise damaged(reader.path, f"{name!r} is in the unknown format {kind}")
    dtype, block, bytes_of_block = _TYPES[kind]
    count = prod(lengths)
    if lengths and lengths[0] % block:
        raise damaged(reader.path, f"{name!r} has rows of {lengths[0]:,}, which {dtype} can't hold")
    size = count // block * bytes_of_block
    return name, Tensor(dtype, tuple(reversed(lengths)), size), offset
