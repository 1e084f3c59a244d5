"""The header of a GGUF file: counts, metadata, and the tensors' names, shapes and places.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Every count is checked against the bytes that are left before
anything is made of it: ggml's own reader takes a damaged count at its word, and ends the process.
"""

from math import prod
from pathlib import Path
from struct import Struct as Layout
from typing import BinaryIO, NamedTuple

from workers.probe.header import Header, Tensor, damaged, truncated

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MAX_DIMENSIONS = 5
MAX_NAME = 1024
_ALIGNMENT_KEY = "general.alignment"
_DEFAULT_ALIGNMENT = 32
_ARRAY, _STRING = 9, 8
_SCALARS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of each scalar type of a metadata value."""
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
    alignment = _alignment(reader, value_count)
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
    return Header("gguf", size, tensors)


def _alignment(reader: _Reader, value_count: int) -> int:
    alignment = _DEFAULT_ALIGNMENT
    for _ in range(value_count):
        key, kind = reader.name(), reader.u32()
        if key == _ALIGNMENT_KEY and kind == 4:
            alignment = reader.u32()
        else:
            _skip_value(reader, kind)
    if alignment.bit_count() != 1:
        raise damaged(reader.path, f"its alignment is {alignment}")
    return alignment


def _skip_value(reader: _Reader, kind: int) -> None:
    if kind == _STRING:
        reader.skip(reader.u64())
    elif kind == _ARRAY:
        inner, count = reader.u32(), reader.u64()
        if inner in _SCALARS:
            reader.skip(count * _SCALARS[inner])
        elif inner == _STRING:
            for _ in range(count):
                reader.skip(reader.u64())
        else:
            raise damaged(reader.path, f"it holds a list of the unknown type {inner}")
    elif kind in _SCALARS:
        reader.skip(_SCALARS[kind])
    else:
        raise damaged(reader.path, f"it holds a value of the unknown type {kind}")


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
