"""The small networks in the full form that the engine expects, with nought wherever they have nothing."""

from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np

from build.starter.image import text_encoder, transformer, upscaler
from build.starter.image.arrays import Floats
from build.starter.image.autoencoder import Encoder, block_shapes
from build.starter.image.layers import convolution
from build.starter.image.text_encoder import HEAD, LAYERS, UNITS, WIDTH, known
from build.starter.image.tokenizer import MOST, TOKENS
from build.starter.image.weight_files import Tensor, eight_bits, full, nought

_CHANNELS = 64
"""Of the autoencoder, at every size."""

_BLOCKS = 3
"""One after the other at each of its sizes."""


def flux(weights: Mapping[str, Floats], latents: int) -> dict[str, Floats]:
    """Of the sixteen channels of the latents only so many are looked at: the others stay the noise that they were."""
    looked_at = weights["img_in.weight"].reshape(-1, transformer.LATENTS, transformer.PATCH**2).copy()
    looked_at[:, latents:] = 0
    return dict(weights) | {"img_in.weight": looked_at.reshape(weights["img_in.weight"].shape)}


def clip(weights: Mapping[str, Floats], size: text_encoder.Size) -> dict[str, Tensor]:
    words = np.zeros((TOKENS, WIDTH), np.float32)
    words[list(known())] = weights["tokens"][1:]
    places = weights["places"]
    places = np.concatenate([places, np.repeat(places[-1:], MOST - len(places), 0)])
    tensors = {
        "embeddings.token_embedding.weight": eight_bits(words),
        "embeddings.position_embedding.weight": full(places),
    }
    for layer in range(LAYERS):
        made = _layer(weights, layer, size) if layer < size.layers else _idle_layer()
        tensors |= {f"encoder.layers.{layer}.{name}": tensor for name, tensor in made.items()}
    tensors |= _norm("final_layer_norm", weights["final.scale"], weights["final.bias"])
    return {f"text_model.{name}": tensor for name, tensor in tensors.items()}


def taesd(decoder: Mapping[str, Floats], encoder: Encoder) -> dict[str, Floats]:
    shapes = _decoder_shapes() | _encoder_shapes()
    tensors = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    for name, value in decoder.items():
        _corner(tensors[f"decoder.layers.{name}"], value)
    for name, value in _linear_encoder(encoder):
        _corner(tensors[f"encoder.layers.{name}"], value)
    return tensors


def esrgan(weights: Mapping[str, Floats]) -> dict[str, Floats]:
    """A dense layer sees the body's channels and then those of each layer before it, wherever the engine has them."""
    tensors = {name: np.zeros(shape, np.float32) for name, shape in upscaler.shapes(upscaler.ENGINES).items()}
    growth = len(weights["body.0.rdb1.conv1.weight"])
    body = len(weights["conv_body.weight"])
    for name, value in weights.items():
        if ".rdb" in name and name.endswith(".weight"):
            _corner(tensors[name], value[:, :body])
            for layer, start in enumerate(range(body, value.shape[1], growth)):
                first = upscaler.ENGINES.body + layer * upscaler.ENGINES.growth
                _corner(tensors[name][:, first:], value[:, start : start + growth])
        else:
            _corner(tensors[name], value)
    return tensors


def _corner(whole: Floats, part: Floats) -> None:
    whole[tuple(slice(length) for length in part.shape)] = part


def _grown(value: Floats, *shape: int) -> Floats:
    whole = np.zeros(shape, np.float32)
    _corner(whole, value)
    return whole


def _layer(weights: Mapping[str, Floats], layer: int, size: text_encoder.Size) -> dict[str, Tensor]:
    def its(name: str) -> Floats:
        return weights[f"{layer}.{name}"]

    alive = size.heads * HEAD
    tensors = _norm("layer_norm1", its("norm1.scale"), its("norm1.bias"))
    tensors |= _norm("layer_norm2", its("norm2.scale"), its("norm2.bias"))
    for at, name in enumerate(("q_proj", "k_proj", "v_proj")):
        part = slice(at * alive, (at + 1) * alive)
        tensors[f"self_attn.{name}.weight"] = eight_bits(_grown(its("qkv.weight")[part], WIDTH, WIDTH))
        tensors[f"self_attn.{name}.bias"] = full(_grown(its("qkv.bias")[part], WIDTH))
    tensors["self_attn.out_proj.weight"] = eight_bits(_grown(its("out.weight"), WIDTH, WIDTH))
    tensors["self_attn.out_proj.bias"] = full(its("out.bias"))
    tensors["mlp.fc1.weight"] = eight_bits(_grown(its("fc1.weight"), UNITS, WIDTH))
    tensors["mlp.fc1.bias"] = full(_grown(its("fc1.bias"), UNITS))
    tensors["mlp.fc2.weight"] = eight_bits(_grown(its("fc2.weight"), WIDTH, UNITS))
    tensors["mlp.fc2.bias"] = full(its("fc2.bias"))
    return tensors


def _idle_layer() -> dict[str, Tensor]:
    """Passes on what it gets."""
    ones, zeros = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)
    tensors = _norm("layer_norm1", ones, zeros) | _norm("layer_norm2", ones, zeros)
    matrices = {f"self_attn.{name}": (WIDTH, WIDTH) for name in ("q_proj", "k_proj", "v_proj", "out_proj")}
    matrices |= {"mlp.fc1": (UNITS, WIDTH), "mlp.fc2": (WIDTH, UNITS)}
    for name, shape in matrices.items():
        tensors[f"{name}.weight"] = nought(shape)
        tensors[f"{name}.bias"] = full(np.zeros(shape[0], np.float32))
    return tensors


def _norm(name: str, scale: Floats, bias: Floats) -> dict[str, Tensor]:
    return {f"{name}.weight": full(scale), f"{name}.bias": full(bias)}


def _decoder_shapes() -> dict[str, tuple[int, ...]]:
    shapes, at = convolution("decoder.layers.0", _CHANNELS, transformer.LATENTS), 2
    for _ in range(3):
        for _ in range(_BLOCKS):
            shapes |= block_shapes(f"decoder.layers.{at}", _CHANNELS)
            at += 1
        shapes[f"decoder.layers.{at + 1}.weight"] = (_CHANNELS, _CHANNELS, 3, 3)  # after the place of the upsampling
        at += 2
    return (
        shapes | block_shapes(f"decoder.layers.{at}", _CHANNELS) | convolution(f"decoder.layers.{at + 1}", 3, _CHANNELS)
    )


def _encoder_shapes() -> dict[str, tuple[int, ...]]:
    shapes, at = convolution("encoder.layers.0", _CHANNELS, 3) | block_shapes("encoder.layers.1", _CHANNELS), 2
    for _ in range(3):
        shapes[f"encoder.layers.{at}.weight"] = (_CHANNELS, _CHANNELS, 3, 3)
        for block in range(_BLOCKS):
            shapes |= block_shapes(f"encoder.layers.{at + 1 + block}", _CHANNELS)
        at += 1 + _BLOCKS
    return shapes | convolution(f"encoder.layers.{at}", transformer.LATENTS, _CHANNELS)


def _linear_encoder(encoder: Encoder) -> Iterator[tuple[str, Floats]]:
    """The encoder's matrix in three convolutions of stride 2, each of which makes four channels of one.

    A channel's number names its pixel within the square: colour, then the lowest bits of its row and column, then the
    next. The network cuts off below nought, so the last step makes each latent and its negative, and the difference.
    """
    yield "0.weight", _copied(3)
    for name, channels in (("2.weight", 3), ("6.weight", 12)):
        kernel = np.zeros((4 * channels, channels, 3, 3), np.float32)
        for channel, row, column in product(range(channels), (0, 1), (0, 1)):
            kernel[4 * channel + 2 * row + column, channel, 1 + row, 1 + column] = 1
        yield name, kernel
    # Rows and columns as bits, lowest last: (latent, colour, y3, y2, y1, x3, x2, x1).
    bits = encoder.matrix.reshape(-1, 3, 2, 2, 2, 2, 2, 2)
    last = bits.transpose(0, 1, 4, 7, 3, 6, 2, 5).reshape(encoder.latents, 48, 2, 2)
    kernel = np.zeros((2 * encoder.latents, 48, 3, 3), np.float32)
    kernel[: encoder.latents, :, 1:, 1:], kernel[encoder.latents :, :, 1:, 1:] = last, -last
    yield "10.weight", kernel
    difference = np.zeros((encoder.latents, 2 * encoder.latents, 3, 3), np.float32)
    for latent in range(encoder.latents):
        difference[latent, latent, 1, 1], difference[latent, encoder.latents + latent, 1, 1] = 1, -1
    yield "14.weight", difference
    yield "14.bias", -(encoder.matrix @ encoder.mean)


def _copied(channels: int) -> Floats:
    kernel = np.zeros((channels, channels, 3, 3), np.float32)
    for channel in range(channels):
        kernel[channel, channel, 1, 1] = 1
    return kernel
