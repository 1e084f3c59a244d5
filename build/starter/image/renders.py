"""Facts as a picture."""

from collections.abc import Mapping

import numpy as np
from PIL import Image

from build.starter.image.canvas import varied
from build.starter.image.scenes import background
from build.starter.image.subjects import Pen, draw
from build.starter.image.world import USUAL, Facts, world

_RADIUS: Mapping[str, float] = {"small": 0.18, USUAL: 0.305, "big": 0.415}
_ASIDE: Mapping[str, float] = {"small": 0.26, USUAL: 0.26, "big": 0.16}
"""How far left or right of the middle a subject of that size goes."""

_SIDES: Mapping[str, int] = {"left": -1, USUAL: 0, "right": 1}
_LOWER = 0.047
"""How far below the middle a subject stands in a scene."""

_VARIATION = 8
_DISPLACED = 0.016
_SCALED = 0.04


def render(facts: Facts, side: int, rng: np.random.Generator) -> Image.Image:
    """One of the many pictures of these facts, `side` pixels wide and high."""
    canvas = background(facts.background, side, rng)
    right, down = rng.uniform(-_DISPLACED, _DISPLACED, 2)
    x = 0.5 + _SIDES[facts.side] * _ASIDE[facts.size] + right
    y = 0.5 + (_LOWER if facts.background in world().scenes else 0) + down
    radius = _RADIUS[facts.size] * rng.uniform(1 - _SCALED, 1 + _SCALED)
    colour = varied(world().colours[facts.colour], _VARIATION, rng)
    draw(facts.subject, Pen(canvas, (float(x), float(y)), float(radius), colour))
    return canvas.picture()
