"""Adam, and a running average of the weights, as pure functions of their state."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from build.starter.image.layers import Weights

_FIRST, _SECOND, _EPSILON = 0.9, 0.98, 1e-8
_LONGEST_GRADIENT = 1.0
_WARM_UP = 100


class State(NamedTuple):
    """`since` counts the steps since the moments were nought: they are not kept over an interruption."""

    weights: Weights
    average: Weights
    first: Weights
    second: Weights
    since: Array


def begin(weights: Weights, average: Weights) -> State:
    first, second = (jax.tree.map(jnp.zeros_like, weights) for _ in range(2))
    return State(weights, average, first, second, jnp.zeros((), jnp.int32))


def step(state: State, gradient: Weights, rate: Array, keep: Array) -> State:
    """`rate` is the learning rate, `keep` the share of the average that stays."""
    since = state.since + 1
    clipped = _clipped(gradient)
    first = jax.tree.map(lambda old, new: _FIRST * old + (1 - _FIRST) * new, state.first, clipped)
    second = jax.tree.map(lambda old, new: _SECOND * old + (1 - _SECOND) * new**2, state.second, clipped)
    first_scale = rate * jnp.minimum(1, since / _WARM_UP) / (1 - _FIRST**since)
    second_scale = 1 / (1 - _SECOND**since)
    weights = jax.tree.map(
        lambda old, mean, square: old - first_scale * mean / (jnp.sqrt(square * second_scale) + _EPSILON),
        state.weights,
        first,
        second,
    )
    average = jax.tree.map(lambda old, new: keep * old + (1 - keep) * new, state.average, weights)
    return State(weights, average, first, second, since)


def rate(step: int, steps: int, highest: float) -> float:
    """The highest for the first half, then down to a hundredth of it along half a cosine."""
    done = step / steps
    if done < 0.5:
        return highest
    return highest * (0.5 * (1 + math.cos(math.pi * (2 * done - 1))) * 0.99 + 0.01)


def _clipped(gradient: Weights) -> Weights:
    length = jnp.sqrt(sum((jnp.vdot(part, part) for part in gradient.values()), jnp.zeros(())))
    scale = jnp.minimum(1, _LONGEST_GRADIENT / (length + 1e-6))
    return {name: part * scale for name, part in gradient.items()}
