"""What the networks are made of. Weights are flat tables, by the names of the engine's files where that is possible."""

import math
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from build.starter.image.arrays import Floats

Weights = dict[str, Array]
Shapes = Mapping[str, tuple[int, ...]]

_SQUARED, _EDGES = 2.0, 0.5
"""Weights of the squared differences, and of those between neighbours, beside the plain ones."""


def glorot(shapes: Shapes, seed: int) -> dict[str, Floats]:
    """Weights by Glorot's rule, biases of nought, scales of one."""
    rng = np.random.default_rng(seed)
    return {name: _glorot(name, shape, rng) for name, shape in shapes.items()}


def _glorot(name: str, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    if name.endswith("scale"):
        return np.ones(shape, np.float32)
    if len(shape) == 1:
        return np.zeros(shape, np.float32)
    fan_out, fan_in = shape[0], math.prod(shape[1:])
    bound = math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def dense(name: str, outputs: int, inputs: int) -> dict[str, tuple[int, ...]]:
    """The shapes of a linear layer."""
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def linear(weights: Weights, name: str, x: Array) -> Array:
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def normalised(x: Array, epsilon: float) -> Array:
    """Layer norm without weights of its own, over the last axis."""
    centred = x - x.mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + epsilon)


def root_mean_square_norm(x: Array, scale: Array, epsilon: float = 1e-6) -> Array:
    return x * jax.lax.rsqrt((x**2).mean(-1, keepdims=True) + epsilon) * scale


def heads(x: Array, size: int) -> Array:
    """(batch, tokens, width) to (batch, heads, tokens, size)."""
    batch, tokens, width = x.shape
    return x.reshape(batch, tokens, width // size, size).transpose(0, 2, 1, 3)


def attention(query: Array, key: Array, value: Array, bias: Array) -> Array:
    """Of (batch, heads, tokens, size) each, to (batch, tokens, width); the bias is added to the scores."""
    scores = query @ key.swapaxes(-1, -2) / math.sqrt(query.shape[-1]) + bias
    mixed = jax.nn.softmax(scores) @ value
    batch, count, tokens, size = mixed.shape
    return mixed.transpose(0, 2, 1, 3).reshape(batch, tokens, count * size)


def convolution(name: str, outputs: int, inputs: int) -> dict[str, tuple[int, ...]]:
    """The shapes of a convolution of 3 × 3 with a bias."""
    return {f"{name}.weight": (outputs, inputs, 3, 3), f"{name}.bias": (outputs,)}


def through_convolution(weights: Weights, name: str, x: Array) -> Array:
    return convolved(x, weights[f"{name}.weight"]) + weights[f"{name}.bias"]


def convolved(x: Array, kernel: Array, stride: int = 1) -> Array:
    """3 × 3, of (batch, height, width, channels); the kernel is (out, in, 3, 3), as the engine's files have it."""
    return jax.lax.conv_general_dilated(
        x, kernel, (stride, stride), ((1, 1), (1, 1)), dimension_numbers=("NHWC", "OIHW", "NHWC")
    )


def doubled(x: Array) -> Array:
    """Twice as high and wide: each pixel becomes four."""
    return jnp.repeat(jnp.repeat(x, 2, axis=1), 2, axis=2)


def unlikeness(made: Array, wanted: Array) -> Array:
    """Of pictures: how far the values are from those wanted, plain and squared, and their edges."""
    off = made - wanted
    edges = jnp.abs(jnp.diff(off, axis=1)).mean() + jnp.abs(jnp.diff(off, axis=2)).mean()
    return jnp.abs(off).mean() + _SQUARED * (off**2).mean() + _EDGES * edges
