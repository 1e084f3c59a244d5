"""Writes model files: headers as asked for, weights all zero."""

import json
import struct
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path
from typing import Any

SIZES = {"F32": 4, "F16": 2}
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
    path.write_bytes(start + bytes(-len(start) % 32 + data_size))
    return path
