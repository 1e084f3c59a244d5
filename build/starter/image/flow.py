"""What the transformer learns: from latents with noise in them, which way the noise came (rectified flow).

Distilled, it learns from a finished one what that says with guidance, so that one look a step is enough.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from msgspec import Struct

from build.starter.image import transformer
from build.starter.image.arrays import Floats
from build.starter.image.layers import Weights
from build.starter.image.transformer import LATENTS, Size

_EVEN = 0.1
"""The share of times that are drawn evenly; the rest lie around one."""


class Examples(Struct, frozen=True):
    """Pictures of one size as latents, (count, height, width, latents), and what the text encoder said of each; in half
    precision.
    """

    latents: Floats
    pooled: Floats

    def batch(self, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        chosen = rng.integers(len(self.latents), size=count)
        return self.latents[chosen].astype(np.float32), self.pooled[chosen].astype(np.float32)


class Loss(Struct, frozen=True):
    """`nothing` is what the text encoder says of no words; that share of the batch is without words. Times lie around
    the logistic function of `around`.
    """

    size: Size
    nothing: Floats
    without_words: float
    around: float

    def __call__(self, weights: Weights, batch: tuple[Array, Array], key: Array, /) -> Array:
        latents, pooled = batch
        times_key, noise_key, words_key = jax.random.split(key, 3)
        time, noise = times(times_key, len(latents), self.around), jax.random.normal(noise_key, latents.shape)
        silent = jax.random.uniform(words_key, (len(latents), 1)) < self.without_words
        said = jnp.where(silent, self.nothing, pooled)
        way = seen(weights, self.size, mixed(latents, noise, time), time, said)
        return ((way - (noise - latents)) ** 2).mean()


class Distilled(Struct, frozen=True):
    """Learns what the teacher, whose weights come with each batch, says with that much guidance."""

    size: Size
    nothing: Floats
    guidance: float
    around: float

    def __call__(self, weights: Weights, batch: tuple[Array, Array, Weights], key: Array, /) -> Array:
        latents, pooled, teacher = batch
        times_key, noise_key = jax.random.split(key)
        time, noise = times(times_key, len(latents), self.around), jax.random.normal(noise_key, latents.shape)
        noisy = mixed(latents, noise, time)
        with_words = seen(teacher, self.size, noisy, time, pooled)
        without = seen(teacher, self.size, noisy, time, jnp.broadcast_to(self.nothing, pooled.shape))
        wanted = without + self.guidance * (with_words - without)
        return ((seen(weights, self.size, noisy, time, pooled) - wanted) ** 2).mean()


def times(key: Array, count: int, around: float) -> Array:
    """From 0, where there is no noise, to 1."""
    even_key, normal_key, which_key = jax.random.split(key, 3)
    normal = jax.nn.sigmoid(jax.random.normal(normal_key, (count,)) + around)
    even = jax.random.uniform(even_key, (count,))
    return jnp.where(jax.random.uniform(which_key, (count,)) < _EVEN, even, normal)


def mixed(latents: Array, noise: Array, time: Array) -> Array:
    share = time[:, None, None, None]
    return (1 - share) * latents + share * noise


def seen(weights: Weights, size: Size, noisy: Array, time: Array, pooled: Array) -> Array:
    """The velocity of the latents in use; those that are not are nought."""
    used = noisy.shape[-1]
    padded = jnp.pad(noisy, ((0, 0), (0, 0), (0, 0), (0, LATENTS - used)))
    return transformer.velocity(weights, size, padded, time, pooled)[..., :used]
