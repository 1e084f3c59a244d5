"""Weights in the two formats that the engine reads: safetensors, and GGUF."""

import json
from collections.abc import Mapping
from struct import pack

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from build.starter.image.arrays import Floats

_BLOCK = 32
"""Numbers with one scale between them."""

_ALIGNMENT = 32
_F32, _Q8_0, _Q2_K = 0, 8, 10
_STRING = 8
_Q2_K_BLOCK, _Q2_K_BYTES = 256, 84


class Tensor(Struct, frozen=True):
    """Of a GGUF file: `kind` is ggml's number of its type."""

    shape: tuple[int, ...]
    kind: int
    content: bytes


def safetensors(tensors: Mapping[str, Floats]) -> bytes:
    """Matrices and kernels in half precision, the rest in full."""
    arrays = {name: _halved(value) for name, value in sorted(tensors.items())}
    header: dict[str, object] = {}
    at = 0
    for name, array in arrays.items():
        dtype = "F16" if array.dtype == np.float16 else "F32"
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": (at, at + array.nbytes)}
        at += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(array.tobytes() for array in arrays.values())


def gguf(architecture: str, tensors: Mapping[str, Tensor]) -> bytes:
    """Version 3, with nothing else in it."""
    header = b"GGUF" + pack("<IQQ", 3, len(tensors), 1)
    header += _text("general.architecture") + pack("<I", _STRING) + _text(architecture)
    at = 0
    for name, tensor in tensors.items():
        header += _text(name) + pack("<I", len(tensor.shape))
        header += pack(f"<{len(tensor.shape)}Q", *reversed(tensor.shape)) + pack("<IQ", tensor.kind, at)
        at += len(_padded(tensor.content))
    return _padded(header) + b"".join(_padded(tensor.content) for tensor in tensors.values())


def full(value: Floats) -> Tensor:
    return Tensor(value.shape, _F32, value.astype("<f4").tobytes())


def eight_bits(value: Floats) -> Tensor:
    """Q8_0. Raises ValueError where the rows are no multiple of 32 long."""
    if value.shape[-1] % _BLOCK:
        raise ValueError(f"Rows of {value.shape[-1]} don't divide into blocks of {_BLOCK}.")
    blocks = value.reshape(-1, _BLOCK)
    scales = np.abs(blocks).max(1, keepdims=True) / 127
    whole = np.rint(np.divide(blocks, scales, out=np.zeros_like(blocks), where=scales > 0)).astype(np.int8)
    packed = np.concatenate([scales.astype("<f2").view(np.uint8), whole.view(np.uint8)], 1)
    return Tensor(value.shape, _Q8_0, packed.tobytes())


def nought(shape: tuple[int, int]) -> Tensor:
    """Nothing but zeros, in the smallest type that every build of the engine computes with.

    Raises ValueError where the rows are no multiple of 256 long.
    """
    if shape[-1] % _Q2_K_BLOCK:
        raise ValueError(f"Rows of {shape[-1]} don't divide into blocks of {_Q2_K_BLOCK}.")
    return Tensor(shape, _Q2_K, bytes(shape[0] * shape[1] // _Q2_K_BLOCK * _Q2_K_BYTES))


def _halved(value: Floats) -> npt.NDArray[np.float16] | Floats:
    return value.astype("<f2") if value.ndim > 1 else value.astype("<f4")


def _text(words: str) -> bytes:
    content = words.encode()
    return pack("<Q", len(content)) + content


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % _ALIGNMENT)
