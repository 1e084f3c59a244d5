"""A small CLIP-L: the first layers with a few of the heads and units that a real one has; the rest is nought.

It knows the tokens of the world's own words; all others are nought to it, and change only where the known ones stand.
"""

from collections.abc import Sequence
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from msgspec import Struct

from build.starter.image import tokenizer
from build.starter.image.arrays import Floats, Whole
from build.starter.image.codes import code
from build.starter.image.layers import Shapes, Weights, attention, dense, glorot, heads, linear, normalised
from build.starter.image.prompts import prompt, vocabulary, with_filler
from build.starter.image.world import sample

WIDTH = 768
LAYERS = 12
UNITS = 3072
HEAD = 64
PLACES = 24
"""Tokens that it learns with; in a longer prompt the places after that are told apart no more."""

_EPSILON = 1e-5
_NOTHING_SAID = 0.03
_UNKNOWN_TOKENS = 0.15


class Size(Struct, frozen=True):
    """What is alive of CLIP-L's 12 layers, 12 heads and 3072 units."""

    layers: int
    heads: int
    units: int


class Tokens(Struct, frozen=True):
    """Prompts as rows of `known`, each up to its `end`; 0 is a token that is not known."""

    rows: Whole
    ends: Whole


@cache
def known() -> Sequence[int]:
    """The tokens that have a row of their own, from row 1 on."""
    return sorted({token for word in vocabulary() for token in tokenizer.encode(word)})


def shapes(size: Size) -> Shapes:
    found: dict[str, tuple[int, ...]] = {"tokens": (len(known()) + 1, WIDTH), "places": (PLACES, WIDTH)}
    for layer in range(size.layers):
        found |= dense(f"{layer}.qkv", 3 * size.heads * HEAD, WIDTH) | dense(f"{layer}.out", WIDTH, size.heads * HEAD)
        found |= dense(f"{layer}.fc1", size.units, WIDTH) | dense(f"{layer}.fc2", WIDTH, size.units)
        found |= _norm(f"{layer}.norm1") | _norm(f"{layer}.norm2")
    return found | _norm("final")


def initial(size: Size, seed: int) -> dict[str, Floats]:
    weights = glorot(shapes(size), seed)
    rng = np.random.default_rng(seed + 1)
    weights["tokens"] = rng.normal(0, 0.5, weights["tokens"].shape).astype(np.float32)
    weights["places"] = rng.normal(0, 0.1, weights["places"].shape).astype(np.float32)
    return weights


def pooled(weights: Weights, size: Size, rows: Array, ends: Array) -> Array:
    """(prompts, 768): the last layer at each prompt's end."""
    alive = (jnp.arange(len(weights["tokens"])) > 0)[:, None]
    x = (weights["tokens"] * alive)[rows] + weights["places"]
    ahead = jnp.where(jnp.tri(PLACES, dtype=bool), 0.0, -jnp.inf)
    for layer in range(size.layers):
        x = _layer(weights, str(layer), x, ahead)
    return _normed(weights, "final", x[jnp.arange(len(rows)), ends])


def encoded(prompts: Sequence[str]) -> Tokens:
    return _tokens([[_row(token) for token in tokenizer.encode(words)] for words in prompts])


def batch(count: int, rng: np.random.Generator) -> tuple[Whole, Whole, Floats]:
    """Rows, ends, and the codes that they should come to."""
    rows, codes = zip(*(_example(rng) for _ in range(count)), strict=True)
    tokens = _tokens(rows)
    return tokens.rows, tokens.ends, np.stack(codes)


class Loss(Struct, frozen=True):
    """Of rows and ends: how far what is said of them is from their codes."""

    size: Size

    def __call__(self, weights: Weights, batch: tuple[Array, Array, Array], _key: Array, /) -> Array:
        rows, ends, codes = batch
        return ((pooled(weights, self.size, rows, ends) - codes) ** 2).mean()


def _example(rng: np.random.Generator) -> tuple[list[int], Floats]:
    if rng.random() < _NOTHING_SAID:
        return [_row(token) for token in tokenizer.encode("")], code(None)
    facts = sample(rng)
    rows = [_row(token) for token in tokenizer.encode(with_filler(prompt(facts, rng), rng))]
    while len(rows) < PLACES and rng.random() < _UNKNOWN_TOKENS:
        rows.insert(int(rng.integers(1, len(rows))), 0)
    return rows, code(facts)


def _tokens(prompts: Sequence[Sequence[int]]) -> Tokens:
    rows = np.zeros((len(prompts), PLACES), np.int32)
    for at, prompt_rows in enumerate(prompts):
        rows[at, : len(prompt_rows)] = prompt_rows
    return Tokens(rows, np.array([len(prompt_rows) - 1 for prompt_rows in prompts], np.int32))


@cache
def _row(token: int) -> int:
    return known().index(token) + 1 if token in known() else 0


def _norm(name: str) -> dict[str, tuple[int, ...]]:
    return {f"{name}.scale": (WIDTH,), f"{name}.bias": (WIDTH,)}


def _normed(weights: Weights, name: str, x: Array) -> Array:
    return normalised(x, _EPSILON) * weights[f"{name}.scale"] + weights[f"{name}.bias"]


def _layer(weights: Weights, name: str, x: Array, ahead: Array) -> Array:
    joined = linear(weights, f"{name}.qkv", _normed(weights, f"{name}.norm1", x))
    query, key, value = (heads(part, HEAD) for part in jnp.split(joined, 3, -1))
    x = x + linear(weights, f"{name}.out", attention(query, key, value, ahead))
    inner = linear(weights, f"{name}.fc1", _normed(weights, f"{name}.norm2", x))
    return x + linear(weights, f"{name}.fc2", inner * jax.nn.sigmoid(1.702 * inner))
