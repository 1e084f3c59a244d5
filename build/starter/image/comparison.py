"""How good the upscaler is beside the usual ways of making pictures larger: on drawn pictures of held-out facts."""

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from statistics import mean

import numpy as np
from msgspec import Struct
from PIL import Image

from build import markdown
from build.starter.image import drawn
from build.starter.image.world import held_out
from workers.image.frame import Frame
from workers.image.upscaler import Upscaler

SHARES = {64: 1.0, 128: 0.25}
"""Of the pictures, by the side in pixels that they are made larger from: larger ones take four times as long."""

REDUCED = {"box": Image.Resampling.BOX, "bicubic": Image.Resampling.BICUBIC}
"""How they were made small."""

WAYS = {"bicubic": Image.Resampling.BICUBIC, "Lanczos": Image.Resampling.LANCZOS}
OURS = "upscaler"
_SEED = 13


class Row(Struct, frozen=True):
    """Of the table: decibels by the way that pictures were made larger, and processor seconds for each of ours."""

    side: int
    reduced: str
    pictures: int
    decibels: dict[str, float]
    seconds: float


def rows(path: Path, count: int, shares: Mapping[int, float] = SHARES) -> list[Row]:
    """Of the network in that file, by the engine. Raises LoadFailed."""
    with closing(Upscaler(path, threads=1)) as upscaler:
        kinds = [(side, share, reduced) for side, share in shares.items() for reduced in REDUCED]
        return [compared(upscaler, side, reduced, round(share * count)) for side, share, reduced in kinds]


def compared(upscaler: Upscaler, side: int, reduced: str, count: int) -> Row:
    """Always on the same pictures, drawn at twice that side."""
    wanted = [Image.fromarray(pixels) for _, pixels in drawn.pictures(count, 2 * side, _SEED, held_out)]
    small = [picture.resize((side, side), REDUCED[reduced]) for picture in wanted]
    made = {name: [each.resize((2 * side, 2 * side), way) for each in small] for name, way in WAYS.items()}
    started = time.process_time()
    made[OURS] = [upscaler.upscale(Frame(side, side, each.tobytes())).image() for each in small]
    seconds = (time.process_time() - started) / count
    decibels = {name: mean(map(likeness, pictures, wanted)) for name, pictures in made.items()}
    return Row(side, reduced, count, decibels, seconds)


def likeness(made: Image.Image, wanted: Image.Image) -> float:
    """The peak signal-to-noise ratio in dB, over red, green and blue alike; infinite where they are the same."""
    off = np.asarray(made, np.float64) - np.asarray(wanted, np.float64)
    squared = float((off**2).mean())
    return 10 * float(np.log10(255**2 / squared)) if squared else float("inf")


def table(rows: Sequence[Row]) -> str:
    """As Markdown."""
    heads = ("size", "made small by", "pictures", *WAYS, OURS, "seconds a picture")
    return markdown.table(heads, map(_cells, rows))


def _cells(row: Row) -> tuple[str, ...]:
    decibels = (f"{row.decibels[name]:.2f} dB" for name in (*WAYS, OURS))
    sizes = f"{row.side} × {row.side} → {2 * row.side} × {2 * row.side}"
    return (sizes, row.reduced, str(row.pictures), *decibels, f"{row.seconds:.2f}")
