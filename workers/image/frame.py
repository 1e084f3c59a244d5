"""Pixels on their way out of the engine."""

import ctypes
import io
from typing import Any, Self

from msgspec import Struct
from PIL import Image, ImageStat

BLANK_DEVIATION = 3.0
"""A picture is blank where no channel's standard deviation, of 255, reaches this: NaN comes out as black all over, or
as one soft grey where a decoder clamps. How much of it is one colour says nothing: a small thing on a plain ground."""


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
        return max(ImageStat.Stat(self.image()).stddev) < BLANK_DEVIATION

    def jpeg(self, longest_side: int) -> bytes:
        """For previews: at most `longest_side` pixels long."""
        image = self.image()
        image.thumbnail((longest_side, longest_side))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=80)
        return out.getvalue()
