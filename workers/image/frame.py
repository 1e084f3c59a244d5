"""Pixels on their way out of the engine."""

import ctypes
import io
from typing import Any, Self

from msgspec import Struct
from PIL import Image, ImageChops

BLANK_SHARE = 0.95
"""A picture is blank where more of its pixels than this equal the first one: NaN comes out as black all over."""


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
        return self._equal_to_first() > BLANK_SHARE * self.width * self.height

    def _equal_to_first(self) -> int:
        image = self.image()
        first = Image.new("RGB", image.size, tuple(self.rgb[:3]))
        red, green, blue = ImageChops.difference(image, first).split()
        return ImageChops.lighter(ImageChops.lighter(red, green), blue).histogram()[0]

    def jpeg(self, longest_side: int) -> bytes:
        """A small JPEG, for previews: at most `longest_side` pixels long."""
        image = self.image()
        image.thumbnail((longest_side, longest_side))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=80)
        return out.getvalue()
