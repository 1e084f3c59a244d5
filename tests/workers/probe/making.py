"""Writes model files: headers as asked for, weights all zero."""

import json
import struct
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path
from typing import Any

from workers.probe.gguf import _TYPES

SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1}
GGUF_TYPES = {"F32": 0, "F16": 1, "Q4_0": 2, "Q5_1": 7, "Q8_0": 8, "Q4_K": 12, "Q6_K": 14, "BF16": 30}
Shapes = Mapping[str, tuple[int, ...]]


def safetensors(path: Path, tensors: Shapes, dtype: str = "F16") -> Path:
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in tensors.items():
        size = prod(shape) * SIZES[dtype]
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    return with_header(path, entries, end)


def with_header(path: Path, entries: Any, data_size: int) -> Path:
    text = json.dumps(entries).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    with path.open("ab") as file:
        file.truncate(8 + len(text) + data_size)
    return path


def edited(source: str, path: Path, edit: Callable[[dict[str, Any]], object]) -> Path:
    """A copy of a safetensors file whose header `edit` has changed; its weights stay."""
    content = Path(source).read_bytes()
    length = int.from_bytes(content[:8], "little")
    entries = json.loads(content[8 : 8 + length])
    edit(entries)
    text = json.dumps(entries).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])
    return path


def text(words: str) -> bytes:
    return struct.pack("<Q", len(words.encode())) + words.encode()


def gguf_tensor(name: str, shape: tuple[int, ...], kind: int = 1, offset: int = 0) -> bytes:
    """`shape` has the outermost dimension first; the file has it last. Kind 1 is F16."""
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *reversed(shape), kind, offset)


def gguf(path: Path, *tensors: bytes, values: bytes = b"", value_count: int = 0, data_size: int = 0) -> Path:
    start = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), value_count) + values + b"".join(tensors)
    path.write_bytes(start)
    with path.open("ab") as file:
        file.truncate(len(start) + -len(start) % 32 + data_size)
    return path


def gguf_of(path: Path, tensors: Shapes, dtype: str = "F16", values: bytes = b"", value_count: int = 0) -> Path:
    """In one format where it fits: what has one dimension is in F32, and so are rows that its blocks can't hold."""
    entries, end = [], 0
    for name, shape in tensors.items():
        kind = GGUF_TYPES[dtype] if len(shape) > 1 and shape[-1] % _TYPES[GGUF_TYPES[dtype]].block == 0 else 0
        _, block, size = _TYPES[kind]
        entries.append(gguf_tensor(name, shape, kind, end))
        end += -(-prod(shape) // block * size // 32) * 32
    return gguf(path, *entries, values=values, value_count=value_count, data_size=end)
