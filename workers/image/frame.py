"""Pixels on their way out of the engine."""

import ctypes
import io
from typing import Any, Self

from msgspec import Struct
from PIL import Image, ImageStat

BLANK_DEVIATION = 3.0
BLANK_RANGE = 40
"""A picture is blank where no channel's standard deviation, of 255, reaches the first: NaN comes out as black all over,
or as one soft grey where a decoder clamps. A deep decoder shades that grey towards the edges: then the middle is flat,
and all values lie within the second. How much of it is one colour says nothing: a small thing on a plain ground.
"""


class Frame(Struct, frozen=True):
    """RGB, eight bits each, row by row. Sizes are in pixels."""

    width: int
    height: int
    rgb: bytes

    @classmethod
    def copied_from(cls, image: Any) -> Self:
        """Copy an engine's picture. Raises ValueError where it isn't RGB."""
        if image.channel != 3:
            raise ValueError(f"The engine made a picture of {image.channel} channels.")
        return cls(image.width, image.height, ctypes.string_at(image.data, image.width * image.height * 3))

    def image(self) -> Image.Image:
        return Image.frombytes("RGB", (self.width, self.height), self.rgb)

    def is_blank(self) -> bool:
        image = self.image()
        whole = ImageStat.Stat(image)
        return _is_flat(whole) or (_is_faint(whole) and _is_flat(ImageStat.Stat(_middle(image))))

    def jpeg(self, longest_side: int) -> bytes:
        """For previews: at most `longest_side` pixels long."""
        image = self.image()
        image.thumbnail((longest_side, longest_side))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=80)
        return out.getvalue()


def _is_flat(values: ImageStat.Stat) -> bool:
    return max(values.stddev) < BLANK_DEVIATION


def _is_faint(values: ImageStat.Stat) -> bool:
    return all(highest - lowest < BLANK_RANGE for lowest, highest in values.extrema)


def _middle(image: Image.Image) -> Image.Image:
    """Half as wide and high."""
    across, down = image.width // 4, image.height // 4
    return image.crop((across, down, image.width - across, image.height - down))
