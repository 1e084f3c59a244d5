"""The language between text encoder and transformer: a direction for each fact, by lot, and facts as their sum."""

import zlib
from collections.abc import Iterator
from functools import cache

import numpy as np

from build.starter.image.arrays import Floats
from build.starter.image.transformer import POOLED_WIDTH
from build.starter.image.world import Facts


def code(facts: Facts | None) -> Floats:
    """Of mean 0 and deviation 1. None stands for no words at all."""
    total = np.sum([_direction(name) for name in _names(facts)], axis=0)
    return np.asarray((total - total.mean()) / total.std(), np.float32)


def _names(facts: Facts | None) -> Iterator[str]:
    if facts is None:
        yield "nothing"
        return
    yield f"subject {facts.subject}"
    yield f"background {facts.background}"
    if facts.colour_asked_for:
        yield f"colour {facts.colour}"
    if facts.size:
        yield f"size {facts.size}"
    if facts.side:
        yield f"side {facts.side}"


@cache
def _direction(name: str) -> Floats:
    return np.random.default_rng(zlib.crc32(name.encode())).standard_normal(POOLED_WIDTH).astype(np.float32)
