"""Where a training stands, small enough to carry along: weights and their average in half precision, compressed."""

import io
import lzma
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from build.starter.image.arrays import Floats
from ddesk.paths import write_durably

_AVERAGE = "average/"
_WEIGHTS = "weights/"
_PRESET = 1
"""Of xz: half precision hardly gets smaller with more."""


class Checkpoint(Struct, frozen=True):
    """After that many steps. Of a training that is done there is the average alone, for both."""

    step: int
    weights: Mapping[str, Floats]
    average: Mapping[str, Floats]


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Whole or not at all."""
    arrays: dict[str, npt.NDArray[np.float16 | np.int64]] = {"step": np.asarray(checkpoint.step)}
    tables = {_AVERAGE: checkpoint.average}
    if checkpoint.weights is not checkpoint.average:
        tables[_WEIGHTS] = checkpoint.weights
    for prefix, table in tables.items():
        arrays |= {prefix + name: value.astype(np.float16) for name, value in table.items()}
    content = io.BytesIO()
    np.savez(content, **arrays)  # type: ignore[arg-type]  # numpy types its keywords as if one were a flag
    write_durably(path, lzma.compress(content.getvalue(), preset=_PRESET))


def load(path: Path) -> Checkpoint:
    """Raises FileNotFoundError."""
    with np.load(io.BytesIO(lzma.decompress(path.read_bytes()))) as arrays:
        tables = {
            prefix: {
                name.removeprefix(prefix): arrays[name].astype(np.float32)
                for name in arrays.files
                if name.startswith(prefix)
            }
            for prefix in (_WEIGHTS, _AVERAGE)
        }
        return Checkpoint(int(arrays["step"]), tables[_WEIGHTS] or tables[_AVERAGE], tables[_AVERAGE])
