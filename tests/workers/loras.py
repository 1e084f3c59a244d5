"""Writes small LoRAs for the starter model."""

import json
import random
import struct
from pathlib import Path

LAYER = "lora_unet_double_blocks_0_img_attn_qkv"
"""Of the starter model's, as kohya's trainer names it: 384 × 128."""
SHAPE = (384, 128)


def lora(path: Path, layer: str = LAYER, shape: tuple[int, int] = SHAPE, rank: int = 4) -> Path:
    """Of one layer, with weights that are large enough to be seen. Of 2 MiB where the rank is 1024."""
    outer, inner = shape
    chance = random.Random(7)
    tensors = {f"{layer}.lora_down.weight": (rank, inner), f"{layer}.lora_up.weight": (outer, rank)}
    entries, weights = {}, b""
    for name, (rows, columns) in tensors.items():
        data = struct.pack(f"<{rows * columns}f", *(chance.gauss(0, 0.3) for _ in range(rows * columns)))
        entries[name] = {"dtype": "F32", "shape": (rows, columns), "data_offsets": [len(weights), len(weights + data)]}
        weights += data
    header = json.dumps(entries).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + weights)
    return path
