"""Adam, Muon for the matrices between layers, and a running average of the weights: pure functions of their state.

Muon (Keller Jordan, 2024, kellerjordan.github.io/posts/muon) moves a matrix along its momentum made orthogonal, so that
no direction is learned much faster than the others.
"""

import math
from collections.abc import Set
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from build.starter.image.layers import Weights

_FIRST, _SECOND, _EPSILON = 0.9, 0.98, 1e-8
_MOMENTUM = 0.95
_REACH = 0.8
"""How far Muon moves each number of a matrix, root mean square, in units of the learning rate."""

_TURNS = 5
_TURN = (3.4445, -4.7750, 2.0315)
"""Of the Newton-Schulz iteration: its steps, and the coefficients that Jordan found for so few."""

_LONGEST_GRADIENT = 1.0
_WARM_UP = 100


class State(NamedTuple):
    """`second` is of what Adam moves alone. `since` counts the steps since the moments were nought: they are not kept
    over an interruption.
    """

    weights: Weights
    average: Weights
    first: Weights
    second: Weights
    since: Array


def begin(weights: Weights, average: Weights, matrices: Set[str] = frozenset()) -> State:
    """`matrices` names those that Muon moves."""
    first = {name: jnp.zeros_like(value) for name, value in weights.items()}
    second = {name: jnp.zeros_like(value) for name, value in weights.items() if name not in matrices}
    return State(weights, average, first, second, jnp.zeros((), jnp.int32))


def step(state: State, gradient: Weights, rate: Array, keep: Array) -> State:
    """`rate` is the learning rate, `keep` the share of the average that stays."""
    since = state.since + 1
    rate = rate * jnp.minimum(1, since / _WARM_UP)
    weights, first, second = {}, {}, {}
    for name, slope in _clipped(gradient).items():
        if name in state.second:
            first[name] = _FIRST * state.first[name] + (1 - _FIRST) * slope
            second[name] = _SECOND * state.second[name] + (1 - _SECOND) * slope**2
            mean, square = first[name] / (1 - _FIRST**since), second[name] / (1 - _SECOND**since)
            change = mean / (jnp.sqrt(square) + _EPSILON)
        else:
            first[name] = _MOMENTUM * state.first[name] + slope
            change = _REACH * orthogonal(slope + _MOMENTUM * first[name])
        weights[name] = state.weights[name] - rate * change
    average = jax.tree.map(lambda old, new: keep * old + (1 - keep) * new, state.average, weights)
    return State(weights, average, first, second, since)


def orthogonal(matrix: Array) -> Array:
    """Nearly so, with numbers of about 1: each square part of it, as queries, keys and values are such parts of one.

    One side of it is a multiple of the other.
    """
    high, wide = matrix.shape
    side = min(high, wide)
    parts = matrix.reshape(high // side, side, wide // side, side).transpose(0, 2, 1, 3)
    turned = jax.lax.map(_orthogonal, parts.reshape(-1, side, side)).reshape(parts.shape)
    whole: Array = math.sqrt(side) * turned.transpose(0, 2, 1, 3).reshape(high, wide)
    return whole


def _orthogonal(part: Array) -> Array:
    part /= jnp.linalg.norm(part) + 1e-7
    once, thrice, five_times = _TURN
    for _ in range(_TURNS):
        square = part @ part.T
        part = once * part + (thrice * square + five_times * square @ square) @ part
    return part


def rate(step: int, steps: int, highest: float, falls_from: float) -> float:
    """The highest for that share of the steps, then down to a hundredth of it along half a cosine."""
    done = step / steps
    if done < falls_from:
        return highest
    fallen = (done - falls_from) / (1 - falls_from)
    return highest * (0.5 * (1 + math.cos(math.pi * fallen)) * 0.99 + 0.01)


def _clipped(gradient: Weights) -> Weights:
    length = jnp.sqrt(sum((jnp.vdot(part, part) for part in gradient.values()), jnp.zeros(())))
    scale = jnp.minimum(1, _LONGEST_GRADIENT / (length + 1e-6))
    return {name: part * scale for name, part in gradient.items()}
