"""The subjects, each by its name, as a pen draws them: around (0, 0), within about 1 of it each way."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from build.starter.image.canvas import Canvas, Colour, Point, shade

_WHITE, _NEAR_BLACK = (250, 250, 250), (20, 20, 25)
_BROWN, _LEAF, _GLASS, _LAMP = (120, 80, 45), (60, 160, 70), (200, 230, 245), (250, 240, 170)
_DARKEST = 100
"""Of the sum of its parts: an outline darker than such a colour would not be seen."""


class Pen(NamedTuple):
    """Draws in units of the subject's radius around its centre; both are in units of the canvas."""

    canvas: Canvas
    centre: Point
    radius: float
    colour: Colour

    @property
    def dark(self) -> Colour:
        """For parts in the subject's own colour."""
        return shade(self.colour, 0.62) if self._can_be_darker else (95, 95, 105)

    @property
    def outline(self) -> Colour:
        return shade(self.colour, 0.45) if self._can_be_darker else (110, 110, 120)

    @property
    def width(self) -> float:
        return 0.06

    @property
    def _can_be_darker(self) -> bool:
        return sum(self.colour) > _DARKEST + 30

    def polygon(self, points: Sequence[Point], fill: Colour | None = None) -> None:
        places = [self._place(point) for point in points]
        self.canvas.polygon(places, fill or self.colour, self.outline, self.width * self.radius)

    def ellipse(self, corner: Point, opposite: Point, fill: Colour | None = None, *, outlined: bool = True) -> None:
        line = self.outline if outlined else None
        self.canvas.ellipse(
            self._place(corner), self._place(opposite), fill or self.colour, line, self.width * self.radius
        )

    def rectangle(self, corner: Point, opposite: Point, fill: Colour | None = None, *, outlined: bool = True) -> None:
        line = self.outline if outlined else None
        self.canvas.rectangle(
            self._place(corner), self._place(opposite), fill or self.colour, line, self.width * self.radius
        )

    def line(self, points: Sequence[Point], colour: Colour | None = None, width: float = 0.06) -> None:
        self.canvas.line([self._place(point) for point in points], colour or self.outline, width * self.radius)

    def dot(self, centre: Point, radius: float, colour: Colour, *, outlined: bool = False) -> None:
        (x, y) = centre
        self.ellipse((x - radius, y - radius), (x + radius, y + radius), colour, outlined=outlined)

    def _place(self, point: Point) -> Point:
        return self.centre[0] + point[0] * self.radius, self.centre[1] + point[1] * self.radius


def draw(name: str, pen: Pen) -> None:
    _DRAWINGS[name](pen)


def _circle(pen: Pen) -> None:
    pen.ellipse((-0.9, -0.9), (0.9, 0.9))
    pen.ellipse((-0.5, -0.6), (-0.1, -0.25), shade(pen.colour, 1, 70), outlined=False)


def _square(pen: Pen) -> None:
    pen.rectangle((-0.82, -0.82), (0.82, 0.82))


def _triangle(pen: Pen) -> None:
    pen.polygon([(0, -0.95), (0.95, 0.8), (-0.95, 0.8)])


def _star(pen: Pen) -> None:
    reach = [1.0 if corner % 2 == 0 else 0.42 for corner in range(10)]
    turns = [corner * math.pi / 5 for corner in range(10)]
    pen.polygon([(math.sin(turn) * far, -math.cos(turn) * far) for far, turn in zip(reach, turns, strict=True)])


def _heart(pen: Pen) -> None:
    turns = [2 * math.pi * part / 60 for part in range(60)]
    pen.polygon([(0.95 * math.sin(turn) ** 3, -0.059 * _heart_height(turn)) for turn in turns])


def _heart_height(turn: float) -> float:
    return 13 * math.cos(turn) - 5 * math.cos(2 * turn) - 2 * math.cos(3 * turn) - math.cos(4 * turn)


def _flower(pen: Pen) -> None:
    pen.line([(0, 0), (0, 1)], (50, 140, 60), 0.18)
    pen.ellipse((0.05, 0.5), (0.45, 0.72), _LEAF)
    for petal in range(6):
        turn = petal * math.pi / 3
        pen.dot((0.42 * math.cos(turn), -0.25 + 0.42 * math.sin(turn)), 0.3, pen.colour, outlined=True)
    yellow = pen.colour[0] > 200 and pen.colour[1] > 180 and pen.colour[2] < 120
    pen.dot((0, -0.25), 0.22, (200, 120, 40) if yellow else (255, 220, 70), outlined=True)


def _tree(pen: Pen) -> None:
    pen.rectangle((-0.14, 0.3), (0.14, 1), _BROWN)
    pen.ellipse((-0.75, -0.35), (0.15, 0.45))
    pen.ellipse((-0.15, -0.35), (0.75, 0.45))
    pen.ellipse((-0.5, -1), (0.5, 0.1))


def _house(pen: Pen) -> None:
    pen.rectangle((-0.7, -0.1), (0.7, 0.9))
    pen.polygon([(-0.92, -0.1), (0, -0.95), (0.92, -0.1)], pen.dark)
    pen.rectangle((-0.15, 0.35), (0.18, 0.9), _BROWN)
    pen.rectangle((-0.55, 0.1), (-0.25, 0.4), _LAMP)
    pen.rectangle((0.28, 0.1), (0.56, 0.4), _LAMP)


def _car(pen: Pen) -> None:
    pen.polygon([(-0.55, -0.05), (-0.35, -0.5), (0.35, -0.5), (0.6, -0.05)])
    pen.polygon([(-0.4, -0.08), (-0.28, -0.38), (-0.03, -0.38), (-0.03, -0.08)], _GLASS)
    pen.polygon([(0.05, -0.08), (0.05, -0.38), (0.28, -0.38), (0.44, -0.08)], _GLASS)
    pen.rectangle((-0.98, -0.06), (0.98, 0.42))
    for wheel in (-0.49, 0.49):
        pen.dot((wheel, 0.43), 0.23, _NEAR_BLACK, outlined=True)
        pen.dot((wheel, 0.43), 0.09, (200, 200, 205))


def _cat(pen: Pen) -> None:
    for side in (-1, 1):
        pen.polygon([(side * 0.72, -0.3), (side * 0.62, -0.98), (side * 0.1, -0.55)])
    pen.ellipse((-0.85, -0.7), (0.85, 0.85))
    for side in (-1, 1):
        left = min(side * 0.5, side * 0.16)
        pen.ellipse((left, -0.25), (left + 0.34, 0.12), _WHITE)
        pen.ellipse((left + 0.12, -0.17), (left + 0.24, 0.06), _NEAR_BLACK, outlined=False)
        for height in (0.3, 0.44):
            pen.line([(side * 0.2, 0.4), (side * 0.95, height)])
    pen.polygon([(-0.1, 0.22), (0.1, 0.22), (0, 0.36)], (240, 120, 140))


def _fish(pen: Pen) -> None:
    pen.polygon([(0.45, 0), (0.98, -0.5), (0.98, 0.5)], pen.dark)
    pen.ellipse((-0.95, -0.55), (0.62, 0.55))
    pen.ellipse((-0.68, -0.25), (-0.42, 0.02), _WHITE)
    pen.ellipse((-0.6, -0.18), (-0.5, -0.06), _NEAR_BLACK, outlined=False)
    pen.polygon([(-0.1, -0.1), (0.25, 0), (-0.1, 0.25)], pen.dark)


def _robot(pen: Pen) -> None:
    pen.line([(0, -0.8), (0, -1)], width=0.12)
    pen.dot((0, -1), 0.08, (240, 80, 60), outlined=True)
    for side in (-1, 1):
        pen.rectangle((min(side * 0.95, side * 0.6), 0.12), (max(side * 0.95, side * 0.6), 0.28), pen.dark)
        pen.rectangle((min(side * 0.4, side * 0.14), 0.7), (max(side * 0.4, side * 0.14), 1), pen.dark)
    pen.rectangle((-0.6, -0.05), (0.6, 0.74))
    pen.rectangle((-0.28, 0.14), (0.28, 0.5), pen.dark)
    pen.rectangle((-0.5, -0.8), (0.5, -0.1))
    for eye in (-0.23, 0.23):
        pen.dot((eye, -0.49), 0.13, _WHITE, outlined=True)
        pen.dot((eye, -0.49), 0.05, _NEAR_BLACK)
    pen.rectangle((-0.25, -0.27), (0.25, -0.19), _NEAR_BLACK, outlined=False)


_DRAWINGS: Mapping[str, Callable[[Pen], None]] = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "star": _star,
    "heart": _heart,
    "flower": _flower,
    "tree": _tree,
    "house": _house,
    "car": _car,
    "cat": _cat,
    "fish": _fish,
    "robot": _robot,
}
