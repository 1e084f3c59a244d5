"""A square drawing surface, in units of its side: (0, 0) is its top left corner and (1, 1) its bottom right one."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]
FINER = 2
"""What is drawn has that many times the pixels of the picture, each way: edges come out smooth."""


def shade(colour: Colour, factor: float, plus: int = 0) -> Colour:
    red, green, blue = (max(0, min(255, int(value * factor) + plus)) for value in colour)
    return red, green, blue


def varied(colour: Colour, most: float, rng: np.random.Generator) -> Colour:
    """Each of red, green and blue differs by at most that much, of 255."""
    red, green, blue = (max(0, min(255, int(value + rng.uniform(-most, most)))) for value in colour)
    return red, green, blue


class Canvas:
    def __init__(self, image: Image.Image) -> None:
        self._image = image
        self._draw = ImageDraw.Draw(image)

    @classmethod
    def gradient(cls, side: int, top: Colour, bottom: Colour) -> Self:
        """For a picture `side` pixels wide and high."""
        pixels = side * FINER
        down = np.linspace(0, 1, pixels)[:, None, None]
        column = np.array(top) * (1 - down) + np.array(bottom) * down
        return cls(Image.fromarray(np.broadcast_to(column, (pixels, pixels, 3)).astype(np.uint8)))

    def picture(self) -> Image.Image:
        return self._image.reduce(FINER)

    def polygon(self, points: Sequence[Point], fill: Colour, line: Colour | None = None, width: float = 0) -> None:
        places = [self._pixel(point) for point in points]
        self._draw.polygon(places, fill=fill)
        if line:
            self._draw.line([*places, places[0]], fill=line, width=self._width(width), joint="curve")

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        self._draw.line([self._pixel(point) for point in points], fill=colour, width=self._width(width))

    def ellipse(
        self, corner: Point, opposite: Point, fill: Colour | None, line: Colour | None = None, width: float = 0
    ) -> None:
        box = (*self._pixel(corner), *self._pixel(opposite))
        self._draw.ellipse(box, fill=fill, outline=line, width=self._width(width) if line else 0)

    def rectangle(
        self, corner: Point, opposite: Point, fill: Colour, line: Colour | None = None, width: float = 0
    ) -> None:
        box = (*self._pixel(corner), *self._pixel(opposite))
        self._draw.rectangle(box, fill=fill, outline=line, width=self._width(width) if line else 0)

    def dot(self, centre: Point, radius: float, colour: Colour) -> None:
        (x, y) = centre
        self.ellipse((x - radius, y - radius), (x + radius, y + radius), colour)

    def _pixel(self, point: Point) -> Point:
        return point[0] * self._image.width, point[1] * self._image.width

    def _width(self, width: float) -> int:
        return max(1, round(width * self._image.width))
