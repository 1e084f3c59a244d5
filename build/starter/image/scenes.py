"""The backgrounds, each by its name. What is scattered in them lies in the same pattern always, a little displaced."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from build.starter.image.canvas import Canvas, Point, shade, varied
from build.starter.image.world import PLAIN, world

_VARIATION = 6
_PATTERN = np.random.default_rng(7).uniform(size=(24, 3))
_DISPLACED = 0.02
_OUTSIDE = (-0.1, 1.1)


def background(name: str, side: int, rng: np.random.Generator) -> Canvas:
    """A canvas for a picture `side` pixels wide, with that background."""
    if name == PLAIN:
        return Canvas.gradient(side, varied((226, 230, 236), _VARIATION, rng), varied((206, 210, 220), _VARIATION, rng))
    if name in world().colours:
        colour = varied(world().colours[name], _VARIATION, rng)
        return Canvas.gradient(side, shade(colour, 1.06, 6), shade(colour, 0.9))
    return _SCENES[name](side, rng)


def _night(side: int, rng: np.random.Generator) -> Canvas:
    canvas = Canvas.gradient(side, (10, 14, 46), (38, 44, 96))
    for place, share in _scattered(16, rng):
        canvas.dot(place, 0.006 + 0.008 * share, (255, 250, 210))
    canvas.dot((0.85, 0.13), 0.07, (250, 240, 190))
    _ground(canvas, 0.84, (20, 26, 52))
    return canvas


def _snow(side: int, rng: np.random.Generator) -> Canvas:
    canvas = Canvas.gradient(side, (176, 200, 226), (222, 232, 242))
    _ground(canvas, 0.77, (248, 250, 253))
    for place, share in _scattered(24, rng):
        canvas.dot(place, 0.008 + 0.008 * share, (255, 255, 255))
    return canvas


def _meadow(side: int, _rng: np.random.Generator) -> Canvas:
    canvas = Canvas.gradient(side, (110, 180, 240), (196, 226, 250))
    _ground(canvas, 0.7, (96, 180, 80))
    canvas.dot((0.145, 0.137), 0.082, (255, 226, 90))
    return canvas


def _sunset(side: int, _rng: np.random.Generator) -> Canvas:
    canvas = Canvas.gradient(side, (96, 50, 120), (250, 150, 70))
    canvas.dot((0.5, 0.67), 0.125, (255, 220, 120))
    _ground(canvas, 0.735, (70, 40, 70))
    return canvas


def _underwater(side: int, rng: np.random.Generator) -> Canvas:
    canvas = Canvas.gradient(side, (50, 150, 200), (12, 60, 120))
    for (x, y), share in _scattered(10, rng):
        radius = 0.012 + 0.016 * share
        canvas.ellipse((x - radius, y - radius), (x + radius, y + radius), None, (190, 230, 250), 0.008)
    _ground(canvas, 0.88, (190, 170, 110))
    return canvas


def _desert(side: int, _rng: np.random.Generator) -> Canvas:
    canvas = Canvas.gradient(side, (130, 196, 236), (236, 226, 196))
    _ground(canvas, 0.69, (230, 196, 120))
    canvas.dot((0.828, 0.156), 0.086, (255, 240, 150))
    return canvas


_SCENES: Mapping[str, Callable[[int, np.random.Generator], Canvas]] = {
    "night": _night,
    "snow": _snow,
    "meadow": _meadow,
    "sunset": _sunset,
    "underwater": _underwater,
    "desert": _desert,
}


def _ground(canvas: Canvas, horizon: float, colour: tuple[int, int, int]) -> None:
    canvas.rectangle((_OUTSIDE[0], horizon), (_OUTSIDE[1], _OUTSIDE[1]), colour)


def _scattered(count: int, rng: np.random.Generator) -> Iterator[tuple[Point, float]]:
    """Places, and for each a share from 0 to 1 of how big it is."""
    right, down = rng.uniform(-_DISPLACED, _DISPLACED, 2)
    for x, y, share in _PATTERN[:count]:
        yield (float(x + right), float(0.85 * y + down)), float(share)
