"""Other precisions of a real model file: another file, of another size, that makes all but the same pictures."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

Converted = Callable[[tuple[float, ...]], bytes]


def in_f32(source: Path, path: Path) -> Path:
    """A copy of a safetensors file whose F16 tensors hold the same values in F32: twice as large."""
    return _converted(source, path, "F32", lambda values: struct.pack(f"<{len(values)}f", *values))


def in_bf16(source: Path, path: Path) -> Path:
    """Of the same size, and cut off after fewer digits."""
    return _converted(source, path, "BF16", _upper_halves)


def _upper_halves(values: tuple[float, ...]) -> bytes:
    whole = struct.pack(f"<{len(values)}f", *values)
    halves = bytearray(len(whole) // 2)
    halves[0::2], halves[1::2] = whole[2::4], whole[3::4]
    return bytes(halves)


def _converted(source: Path, path: Path, dtype: str, convert: Converted) -> Path:
    content = source.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    entries, data = json.loads(content[8:start]), bytearray()
    for name, entry in entries.items():
        if name == "__metadata__":
            continue
        first, end = entry["data_offsets"]
        values = content[start + first : start + end]
        if entry["dtype"] == "F16":
            entry["dtype"], values = dtype, convert(struct.unpack(f"<{len(values) // 2}e", values))
        entry["data_offsets"] = [len(data), len(data) + len(values)]
        data += values
    text = json.dumps(entries).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path
