"""Pictures as latents and back, in the form of FLUX's small autoencoder (TAESD).

Encoding is linear and needs no training: the principal components of squares of 8 × 8 pixels. The decoder is a network
as TAESD's is, with fewer channels and blocks; the rest of it is nought.
"""

from collections.abc import Sequence
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from msgspec import Struct

from build.starter.image.arrays import Floats
from build.starter.image.layers import (
    Shapes,
    Weights,
    convolution,
    convolved,
    doubled,
    glorot,
    through_convolution,
    unlikeness,
)

SQUARE = 8
"""Pixels that one place of the latents stands for, each way."""

_LIMIT = 3.0
"""The engine's decoder takes latents up to about that."""

_FULLEST, _FLATTEST, _EVENING = 1.15, 0.45, 0.35
"""Deviations of the first latent and, in its terms, of the least; the power that brings them nearer to each other."""

_FIRST_BLOCKS = ("2", "3", "4")
_LEVELS = ((6, ("7", "8")), (11, ("12",)), (16, ("17",)))
"""The blocks in use, by the engine's numbers: before the picture doubles, and after each time, with that convolution.
Most are where places are fewest, and each of them sees most.
"""

_NOISE = 0.06
"""Deviation of what is added to latents while the decoder learns: those that are made are never exact."""


class Encoder(Struct, frozen=True):
    """Latents are `matrix` · (square − `mean`); a square is red, green and blue in turn, row by row, from 0 to 1."""

    matrix: Floats
    mean: Floats

    @property
    def latents(self) -> int:
        return len(self.matrix)


class Size(Struct, frozen=True):
    """Channels at an eighth, a quarter, half and all of the picture's side."""

    eighth: int
    quarter: int
    half: int
    full: int


def fitted(pictures: Floats, latents: int) -> Encoder:
    """The encoder that loses least of these pictures, (count, height, width, 3) from 0 to 1."""
    flat = np.asarray(squares(jnp.asarray(pictures))).reshape(-1, 3 * SQUARE**2)
    mean = flat.mean(0)
    variances, components = np.linalg.eigh(np.cov((flat - mean).T))
    deviations = np.sqrt(np.maximum(variances[::-1][:latents], 1e-12))
    wanted = _FULLEST * np.clip((deviations / deviations[0]) ** _EVENING, _FLATTEST, 1)
    return Encoder(_f32((components[:, ::-1][:, :latents] * (wanted / deviations)).T), _f32(mean))


def encode(encoder: Encoder, pictures: Array) -> Array:
    """(count, height, width, 3) to (count, height / 8, width / 8, latents)."""
    return (squares(pictures) - encoder.mean) @ encoder.matrix.T


def squares(pictures: Array) -> Array:
    count, height, width, _ = pictures.shape
    split = pictures.reshape(count, height // SQUARE, SQUARE, width // SQUARE, SQUARE, 3)
    return split.transpose(0, 1, 3, 5, 2, 4).reshape(count, height // SQUARE, width // SQUARE, -1)


def shapes(latents: int, size: Size) -> Shapes:
    """By the engine's names, less the words before them."""
    found = convolution("0", size.eighth, latents) | _blocks_shapes(_FIRST_BLOCKS, size.eighth)
    widths = pairwise((size.eighth, size.quarter, size.half, size.full))
    for (at, blocks), (inputs, outputs) in zip(_LEVELS, widths, strict=True):
        found |= {f"{at}.weight": (outputs, inputs, 3, 3)} | _blocks_shapes(blocks, outputs)
    return found | convolution("18", 3, size.full)


def initial(latents: int, size: Size, seed: int) -> dict[str, Floats]:
    weights = glorot(shapes(latents, size), seed)
    for name, value in weights.items():
        if name.endswith("conv.4.weight"):
            value *= 0.2
        elif name == "18.weight":
            value *= 0.3
        elif name.endswith(".weight"):
            value *= 1.4
    weights["18.bias"][:] = 0.5
    return weights


def decode(weights: Weights, latents: Array) -> Array:
    """Pictures, about from 0 to 1."""
    x = jax.nn.relu(through_convolution(weights, "0", jnp.tanh(latents / _LIMIT) * _LIMIT))
    x = _through_blocks(weights, _FIRST_BLOCKS, x)
    for at, blocks in _LEVELS:
        x = _through_blocks(weights, blocks, convolved(doubled(x), weights[f"{at}.weight"]))
    return through_convolution(weights, "18", x)


class Loss(Struct, frozen=True):
    """Of pictures, as bytes: how far what is decoded of their latents is from them."""

    encoder: Encoder

    def __call__(self, weights: Weights, batch: Array, key: Array, /) -> Array:
        pictures = batch.astype(jnp.float32) / 255
        latents = encode(self.encoder, pictures)
        noisy = latents + _NOISE * jax.random.normal(key, latents.shape)
        return unlikeness(decode(weights, noisy), pictures)


def block_shapes(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    """The shapes of one of TAESD's blocks."""
    parts = [convolution(f"{name}.conv.{at}", channels, channels) for at in (0, 2, 4)]
    return {part: shape for table in parts for part, shape in table.items()}


def _blocks_shapes(names: Sequence[str], channels: int) -> dict[str, tuple[int, ...]]:
    return {part: shape for name in names for part, shape in block_shapes(name, channels).items()}


def _through_blocks(weights: Weights, names: Sequence[str], x: Array) -> Array:
    for name in names:
        inner = x
        for at in (0, 2):
            inner = jax.nn.relu(through_convolution(weights, f"{name}.conv.{at}", inner))
        x = jax.nn.relu(through_convolution(weights, f"{name}.conv.4", inner) + x)
    return x


def _f32(values: object) -> Floats:
    return np.asarray(values, np.float32)
