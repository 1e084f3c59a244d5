"""Pictures to learn from, drawn anew by each run: the same seed draws the same ones."""

from collections.abc import Callable, Iterator

import numpy as np

from build.starter.image.arrays import Pixels
from build.starter.image.renders import render
from build.starter.image.world import Facts, sample


def pictures(
    count: int, side: int, seed: int, facts: Callable[[np.random.Generator], Facts] = sample
) -> Iterator[tuple[Facts, Pixels]]:
    """Each with what it shows; (side, side, 3) of bytes. No two sides and seeds have their pictures in common."""
    rng = np.random.default_rng([seed, side])
    for _ in range(count):
        shown = facts(rng)
        yield shown, np.asarray(render(shown, side, rng))


def together(count: int, side: int, seed: int) -> Pixels:
    return np.stack([pixels for _, pixels in pictures(count, side, seed)])
