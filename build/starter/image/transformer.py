"""A small FLUX.1: the same mathematics and tensor names, at another width and depth.

There is no T5, so the engine feeds it 256 equal text tokens of nought. They stay equal through every layer, so one
stands for all of them here: where others look at it, it counts 256 times.
"""

import math
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from msgspec import Struct

from build.starter.image.arrays import Floats
from build.starter.image.layers import (
    Shapes,
    Weights,
    attention,
    dense,
    glorot,
    heads,
    linear,
    normalised,
    root_mean_square_norm,
)

LATENTS = 16
"""Channels of the latents, as FLUX.1 has them."""

PATCH = 2
"""Each token of the picture is a square of that many latents each way."""

TEXT_WIDTH = 4096
POOLED_WIDTH = 768
_TIME_WIDTH = 256
TEXT_TOKENS = 256
_HEAD = 128
_AXES = (16, 56, 56)
"""How a head's numbers are shared out for positions: text, down, right. The engine fixes both."""

_EPSILON = 1e-6


class Size(Struct, frozen=True):
    """`width` is a multiple of 128."""

    width: int
    double_blocks: int
    single_blocks: int


def shapes(size: Size) -> Shapes:
    width = size.width
    found = (
        dense("img_in", width, LATENTS * PATCH**2)
        | dense("txt_in", width, TEXT_WIDTH)
        | _two_layers("time_in", width, _TIME_WIDTH)
        | _two_layers("vector_in", width, POOLED_WIDTH)
        | dense("final_layer.linear", LATENTS * PATCH**2, width)
        | dense("final_layer.adaLN_modulation.1", 2 * width, width)
    )
    for block in range(size.double_blocks):
        for stream in ("img", "txt"):
            found |= _stream(f"double_blocks.{block}.{stream}", width)
    for block in range(size.single_blocks):
        name = f"single_blocks.{block}"
        found |= dense(f"{name}.linear1", 7 * width, width) | dense(f"{name}.linear2", width, 5 * width)
        found |= dense(f"{name}.modulation.lin", 3 * width, width) | _query_key_norm(f"{name}.norm")
    return found


def matrices(size: Size) -> frozenset[str]:
    """The names of those that tokens go through within blocks."""
    return frozenset(
        name
        for name, shape in shapes(size).items()
        if "_blocks." in name and len(shape) == 2 and "mod" not in name.split(".", 2)[2]
    )


def initial(size: Size, seed: int) -> dict[str, Floats]:
    """Every block begins by passing on what it gets, and the last layer by saying nought."""
    weights = glorot(shapes(size), seed)
    for name, value in weights.items():
        if any(
            part in name for part in ("mod.lin.w", "modulation.lin.w", "adaLN_modulation.1.w", "final_layer.linear.w")
        ):
            value[:] = 0
    weights["txt_in.weight"][:] = 0
    weights["txt_in.bias"][:] = np.random.default_rng(seed).normal(0, 0.02, size.width)
    return weights


def grown(weights: Mapping[str, Floats], size: Size, seed: int) -> dict[str, Floats]:
    """With the blocks that it lacks, which pass on what they get: it says what it said."""
    return initial(size, seed) | dict(weights)


def velocity(weights: Weights, size: Size, noisy: Array, time: Array, pooled: Array, text_tokens: int = 1) -> Array:
    """Where the latents go: (batch, height, width, 16) like `noisy`. `time` is 1 where all is noise, 0 where none is;
    `pooled` is the text encoder's answer. So many `text_tokens` are computed, to stand for the engine's.
    """
    _, height, width, _ = noisy.shape
    turn = _rotation(text_tokens, height // PATCH, width // PATCH)
    bias = jnp.zeros(len(turn)).at[:text_tokens].set(math.log(TEXT_TOKENS / text_tokens))
    image = linear(weights, "img_in", patches(noisy))
    text = jnp.broadcast_to(weights["txt_in.bias"], (len(noisy), text_tokens, size.width))
    vector = jax.nn.silu(_embedded(weights, "time_in", _time(time)) + _embedded(weights, "vector_in", pooled))
    for block in range(size.double_blocks):
        image, text = _double(weights, f"double_blocks.{block}", image, text, vector, turn, bias)
    both = jnp.concatenate([text, image], 1)
    for block in range(size.single_blocks):
        both = _single(weights, f"single_blocks.{block}", both, vector, turn, bias)
    shift, scale = jnp.split(linear(weights, "final_layer.adaLN_modulation.1", vector)[:, None], 2, -1)
    out = linear(weights, "final_layer.linear", normalised(both[:, text_tokens:], _EPSILON) * (1 + scale) + shift)
    return unpatched(out, height, width)


def patches(latents: Array) -> Array:
    """(batch, height, width, channels) to (batch, tokens, channels · 4), the channel first within a token."""
    batch, height, width, channels = latents.shape
    split = latents.reshape(batch, height // PATCH, PATCH, width // PATCH, PATCH, channels)
    return split.transpose(0, 1, 3, 5, 2, 4).reshape(batch, -1, channels * PATCH**2)


def unpatched(tokens: Array, height: int, width: int) -> Array:
    batch, _, length = tokens.shape
    split = tokens.reshape(batch, height // PATCH, width // PATCH, length // PATCH**2, PATCH, PATCH)
    return split.transpose(0, 1, 4, 2, 5, 3).reshape(batch, height, width, -1)


def _two_layers(name: str, width: int, inputs: int) -> dict[str, tuple[int, ...]]:
    return dense(f"{name}.in_layer", width, inputs) | dense(f"{name}.out_layer", width, width)


def _stream(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return (
        dense(f"{name}_mod.lin", 6 * width, width)
        | dense(f"{name}_attn.qkv", 3 * width, width)
        | _query_key_norm(f"{name}_attn.norm")
        | dense(f"{name}_attn.proj", width, width)
        | dense(f"{name}_mlp.0", 4 * width, width)
        | dense(f"{name}_mlp.2", width, 4 * width)
    )


def _query_key_norm(name: str) -> dict[str, tuple[int, ...]]:
    return {f"{name}.query_norm.scale": (_HEAD,), f"{name}.key_norm.scale": (_HEAD,)}


def _embedded(weights: Weights, name: str, x: Array) -> Array:
    return linear(weights, f"{name}.out_layer", jax.nn.silu(linear(weights, f"{name}.in_layer", x)))


def _time(time: Array) -> Array:
    half = _TIME_WIDTH // 2
    frequencies = np.exp(-math.log(10_000) * np.arange(half) / half)
    angles = 1000 * time[:, None] * frequencies
    return jnp.concatenate([jnp.cos(angles), jnp.sin(angles)], -1)


def _rotation(text: int, down: int, right: int) -> Array:
    """The complex numbers that turn a head's pairs, for each text token and then for each of the picture's."""
    rows, columns = np.divmod(np.arange(down * right), right)
    places = np.zeros((text + down * right, 3))
    places[text:, 1], places[text:, 2] = rows, columns
    angles = [places[:, [axis]] / 10_000 ** (np.arange(0, length, 2) / length) for axis, length in enumerate(_AXES)]
    return jnp.asarray(np.exp(1j * np.concatenate(angles, 1)), jnp.complex64)


def _turned(x: Array, turn: Array) -> Array:
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = (even * turn.real - odd * turn.imag, even * turn.imag + odd * turn.real)
    return jnp.stack(turned, -1).reshape(x.shape)


def _query_key_value(weights: Weights, norm: str, joined: Array) -> tuple[Array, Array, Array]:
    query, key, value = (heads(part, _HEAD) for part in jnp.split(joined, 3, -1))
    query = root_mean_square_norm(query, weights[f"{norm}.query_norm.scale"])
    key = root_mean_square_norm(key, weights[f"{norm}.key_norm.scale"])
    return query, key, value


def _modulated(x: Array, shift: Array, scale: Array) -> Array:
    return normalised(x, _EPSILON) * (1 + scale) + shift


def _modulation(weights: Weights, name: str, vector: Array, count: int) -> list[Array]:
    return jnp.split(linear(weights, name, vector)[:, None], count, -1)


def _double(
    weights: Weights, name: str, image: Array, text: Array, vector: Array, turn: Array, bias: Array
) -> tuple[Array, Array]:
    streams = {f"{name}.txt": text, f"{name}.img": image}
    changes = {stream: _modulation(weights, f"{stream}_mod.lin", vector, 6) for stream in streams}
    parts = [
        _query_key_value(
            weights,
            f"{stream}_attn.norm",
            linear(weights, f"{stream}_attn.qkv", _modulated(x, *changes[stream][:2])),
        )
        for stream, x in streams.items()
    ]
    query, key, value = (jnp.concatenate(part, 2) for part in zip(*parts, strict=True))
    mixed = attention(_turned(query, turn), _turned(key, turn), value, bias)
    seen = {f"{name}.txt": mixed[:, : text.shape[1]], f"{name}.img": mixed[:, text.shape[1] :]}
    for stream, x in streams.items():
        _, _, gate, shift, scale, last_gate = changes[stream]
        x = x + linear(weights, f"{stream}_attn.proj", seen[stream]) * gate
        inner = jax.nn.gelu(linear(weights, f"{stream}_mlp.0", _modulated(x, shift, scale)))
        streams[stream] = x + linear(weights, f"{stream}_mlp.2", inner) * last_gate
    return streams[f"{name}.img"], streams[f"{name}.txt"]


def _single(weights: Weights, name: str, x: Array, vector: Array, turn: Array, bias: Array) -> Array:
    shift, scale, gate = _modulation(weights, f"{name}.modulation.lin", vector, 3)
    joined = linear(weights, f"{name}.linear1", _modulated(x, shift, scale))
    width = x.shape[-1]
    query, key, value = _query_key_value(weights, f"{name}.norm", joined[..., : 3 * width])
    mixed = attention(_turned(query, turn), _turned(key, turn), value, bias)
    inner = jax.nn.gelu(joined[..., 3 * width :])
    return x + linear(weights, f"{name}.linear2", jnp.concatenate([mixed, inner], -1)) * gate
