"""What a picture of the starter's world can show: facts, and how often each comes up."""

import tomllib
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
from msgspec import Struct

WORLD = Path(__file__).with_name("world.toml")
PLAIN = "plain"
USUAL = ""
"""The size and the side that nothing is said about."""

_HELD_OUT_SHARE = 0.05
_T = TypeVar("_T")


class World(Struct, frozen=True):
    """`world.toml`, as it stands there."""

    subjects: Mapping[str, Sequence[str]]
    colours: Mapping[str, tuple[int, int, int]]
    scenes: Mapping[str, Sequence[str]]
    sizes: Mapping[str, Sequence[str]]
    sides: Mapping[str, Sequence[str]]
    phrases: Mapping[str, Sequence[str]]
    shares: Mapping[str, float]

    @property
    def backgrounds(self) -> tuple[str, ...]:
        """Plain, each colour, each scene."""
        return (PLAIN, *self.colours, *self.scenes)


class Facts(Struct, frozen=True):
    """What one picture shows. Where `colour_asked_for` is false, any would do."""

    subject: str
    colour: str
    background: str = PLAIN
    size: str = USUAL
    side: str = USUAL
    colour_asked_for: bool = True


@cache
def world() -> World:
    return msgspec.convert(_read(), World)


def _read() -> dict[str, Any]:
    return tomllib.loads(WORLD.read_text("utf-8"))


def pick(rng: np.random.Generator, choices: Sequence[_T]) -> _T:
    return choices[int(rng.integers(len(choices)))]


def is_held_out(facts: Facts) -> bool:
    """Whether the model never learns from a subject in that colour on that background."""
    name = f"{facts.subject} {facts.colour} {facts.background}"
    return zlib.crc32(name.encode()) % 1000 < 1000 * _HELD_OUT_SHARE


def sample(rng: np.random.Generator) -> Facts:
    """Facts to learn from."""
    facts = _any_facts(rng)
    while is_held_out(facts):
        facts = _any_facts(rng)
    return msgspec.structs.replace(facts, colour_asked_for=rng.random() >= world().shares["no_colour"])


def held_out(rng: np.random.Generator) -> Facts:
    """Facts to be examined on."""
    facts = _any_facts(rng)
    while not is_held_out(facts):
        facts = _any_facts(rng)
    return facts


def _any_facts(rng: np.random.Generator) -> Facts:
    about = world()
    colour = pick(rng, list(about.colours))
    size = pick(rng, list(about.sizes)) if rng.random() < about.shares["size"] else USUAL
    side = pick(rng, list(about.sides)) if rng.random() < about.shares["side"] else USUAL
    return Facts(pick(rng, list(about.subjects)), colour, _background(rng, colour), size, side)


def _background(rng: np.random.Generator, colour: str) -> str:
    """Never the subject's own colour."""
    about, chance = world(), rng.random()
    if chance < about.shares["scene"]:
        return pick(rng, list(about.scenes))
    if chance < about.shares["scene"] + about.shares["coloured_background"]:
        return pick(rng, [other for other in about.colours if other != colour])
    return PLAIN
