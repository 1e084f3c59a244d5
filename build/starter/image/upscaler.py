"""Pictures made twice as wide and high, in the form of RealESRGAN's networks.

It starts as bilinear interpolation, which the convolutions behind its blocks can do exactly, and learns what is better.
The engine's form has more channels; the rest of it is nought.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from msgspec import Struct
from PIL import Image, ImageFilter

from build.starter.image.arrays import Floats, Pixels
from build.starter.image.layers import Shapes, Weights, convolution, doubled, glorot, through_convolution, unlikeness

_TIMES = 2
"""As wide and high as it was given."""

_BLOCKS, _DENSE, _LAYERS = 1, 3, 5
"""Blocks, dense blocks in each, convolutions in each of those."""

_RESIDUAL, _SLOPE = 0.2, 0.2
_HESITANT = 0.1
"""Of Glorot's rule: what a block adds is small at first."""

_BILINEAR = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], np.float32) / np.float32(16)
"""Over pixels of which each stands there twice, both ways."""
_MIDDLE = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], np.float32)

_KINDS = (Image.Resampling.BOX, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
_WORN = 0.5
_SOFTEST, _NOISIEST = 0.7, 4.0
"""The most that a reduced picture is blurred, in its pixels, and its values moved, of 255; of a share of them all."""


class Size(Struct, frozen=True):
    """Channels of the body, of what a dense layer adds to them, and at the full size."""

    body: int
    growth: int
    full: int


ENGINES = Size(body=64, growth=32, full=64)


def shapes(size: Size) -> Shapes:
    """By the engine's names."""
    found = convolution("conv_first", size.body, 3)
    for name in _dense_blocks():
        for layer in range(_LAYERS):
            outputs = size.growth if layer < _LAYERS - 1 else size.body
            found |= convolution(f"{name}.conv{layer + 1}", outputs, size.body + layer * size.growth)
    found |= convolution("conv_body", size.body, size.body) | convolution("conv_up1", size.full, size.body)
    return found | convolution("conv_hr", size.full, size.full) | convolution("conv_last", 3, size.full)


def initial(size: Size, seed: int) -> dict[str, Floats]:
    weights = glorot(shapes(size), seed)
    for name, value in weights.items():
        if name.startswith("body."):
            value *= _HESITANT
        elif name == "conv_body.weight":
            value[:] = 0
    for name in ("conv_first", "conv_up1", "conv_hr", "conv_last"):
        _pass_on(weights[f"{name}.weight"], _BILINEAR if name == "conv_up1" else _MIDDLE)
    return weights


def upscale(weights: Weights, pictures: Array) -> Array:
    """(count, height, width, 3), from 0 to 1, to twice the height and width and about that range."""
    first = through_convolution(weights, "conv_first", pictures)
    x = first
    for name in _dense_blocks():
        x = _through_dense(weights, name, x)
    x = first + through_convolution(weights, "conv_body", first + _RESIDUAL * x)
    x = _leaky(through_convolution(weights, "conv_up1", doubled(x)))
    return through_convolution(weights, "conv_last", _leaky(through_convolution(weights, "conv_hr", x)))


def loss(weights: Weights, batch: tuple[Array, Array], _key: Array, /) -> Array:
    """Of reduced pictures and what they were, as bytes: how far those made larger are from these."""
    reduced, wanted = (pictures.astype(jnp.float32) / 255 for pictures in batch)
    return unlikeness(upscale(weights, reduced), wanted)


def examples(pictures: Sequence[Pixels], rng: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Those pictures at half their size, and as they are."""
    return np.stack([reduced(pixels, rng) for pixels in pictures]), np.stack(pictures)


def reduced(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Half as wide and high, in one of several ways by lot, and a share of them a bit worn, as made pictures are."""
    picture = Image.fromarray(pixels)
    small = picture.resize((picture.width // _TIMES, picture.height // _TIMES), _KINDS[int(rng.integers(len(_KINDS)))])
    return _worn(small, rng) if rng.random() < _WORN else np.asarray(small)


def _worn(picture: Image.Image, rng: np.random.Generator) -> Pixels:
    soft = np.asarray(picture.filter(ImageFilter.GaussianBlur(rng.uniform(0, _SOFTEST))))
    moved = rng.normal(0, rng.uniform(0, _NOISIEST), soft.shape)
    return np.clip(np.rint(soft + moved), 0, 255).astype(np.uint8)


def _dense_blocks() -> list[str]:
    return [f"body.{block}.rdb{dense + 1}" for block in range(_BLOCKS) for dense in range(_DENSE)]


def _pass_on(kernel: Floats, spread: Floats) -> None:
    """Its first three channels, which are red, green and blue."""
    kernel[:3] = 0
    for channel in range(3):
        kernel[channel, channel] = spread


def _through_dense(weights: Weights, name: str, x: Array) -> Array:
    seen = x
    for layer in range(1, _LAYERS):
        seen = jnp.concatenate([seen, _leaky(through_convolution(weights, f"{name}.conv{layer}", seen))], -1)
    return x + _RESIDUAL * through_convolution(weights, f"{name}.conv{_LAYERS}", seen)


def _leaky(x: Array) -> Array:
    return jax.nn.leaky_relu(x, _SLOPE)
