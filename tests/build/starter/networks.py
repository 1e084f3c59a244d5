"""The starter's networks: they do what the engine does with the files that are written of them."""

import math
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from PIL import Image

from build.starter.image import (
    autoencoder,
    checkpoint,
    drawn,
    engine_form,
    flow,
    optimiser,
    text_encoder,
    training,
    transformer,
    upscaler,
)
from build.starter.image.arrays import Floats
from build.starter.image.autoencoder import Encoder
from build.starter.image.checkpoint import Checkpoint
from build.starter.image.diary import Diary
from build.starter.image.layers import Weights, convolved
from build.starter.image.training import Plan
from build.starter.image.weight_files import Tensor

SIZE = transformer.Size(width=128, double_blocks=1, single_blocks=1)

velocity = jax.jit(transformer.velocity, static_argnames=("size", "text_tokens"))
decode, upscale, step = jax.jit(autoencoder.decode), jax.jit(upscaler.upscale), jax.jit(optimiser.step)
"""Compiled as a whole, which takes a fraction of compiling each operation."""


def lively(weights: dict[str, Floats]) -> dict[str, Array]:
    """No part of it nought, so that each has a say."""
    rng = np.random.default_rng(1)
    return {name: jnp.asarray(value + rng.normal(0, 0.05, value.shape), jnp.float32) for name, value in weights.items()}


@pytest.fixture(scope="module")
def pictures() -> Floats:
    return drawn.together(12, 128, seed=9).astype(np.float32) / np.float32(255)


@pytest.fixture(scope="module")
def encoder(pictures: Floats) -> Encoder:
    return autoencoder.fitted(pictures, 12)


def test_patches_come_back_as_the_latents_that_they_were() -> None:
    latents = jnp.arange(2 * 4 * 6 * 3).reshape(2, 4, 6, 3)
    tokens = transformer.patches(latents)
    assert tokens.shape == (2, 6, 12)
    assert tokens[0, 0, :4].tolist() == [0, 3, 18, 21]  # of the first channel: right, then down
    assert (transformer.unpatched(tokens, 4, 6) == latents).all()


def test_one_text_token_stands_for_the_engines_256() -> None:
    weights = lively(transformer.initial(SIZE, 0))
    rng = np.random.default_rng(2)
    noisy, pooled = jnp.asarray(rng.normal(size=(1, 4, 6, 16))), jnp.asarray(rng.normal(size=(1, 768)))
    one, all_of_them = (
        velocity(weights, SIZE, noisy, jnp.array([0.4]), pooled, text_tokens) for text_tokens in (1, 256)
    )
    assert np.abs(one).max() > 0.1
    assert np.allclose(one, all_of_them, atol=1e-4)


def test_the_encoder_loses_little_and_the_engines_convolutions_do_the_same(pictures: Floats, encoder: Encoder) -> None:
    latents = autoencoder.encode(encoder, jnp.asarray(pictures))
    squares = np.asarray(latents) @ np.linalg.pinv(encoder.matrix).T + encoder.mean
    assert np.abs(squares - autoencoder.squares(jnp.asarray(pictures))).mean() < 0.03
    decoder = autoencoder.initial(12, autoencoder.Size(8, 8, 8, 8), 0)
    tensors = on_device(engine_form.taesd(decoder, encoder))
    assert np.allclose(encoded_by_convolutions(tensors, jnp.asarray(pictures))[..., :12], latents, atol=1e-3)


def encoded_by_convolutions(tensors: Weights, x: Array) -> Array:
    """The engine's encoder, less its blocks: they are nought, and pass on what is not below nought."""

    def layer(x: Array, at: int, stride: int) -> Array:
        found = convolved(x, tensors[f"encoder.layers.{at}.weight"], stride)
        return found + tensors.get(f"encoder.layers.{at}.bias", jnp.zeros(1))

    x = jax.nn.relu(layer(x, 0, 1))
    for at in (2, 6, 10):
        x = jax.nn.relu(layer(x, at, 2))
    return layer(x, 14, 1)


def test_the_decoder_keeps_its_answer_in_the_engines_form(encoder: Encoder) -> None:
    decoder = lively(autoencoder.initial(12, autoencoder.Size(12, 8, 8, 8), 0))
    whole = engine_form.taesd({name: np.asarray(value) for name, value in decoder.items()}, encoder)
    tensors = {name.removeprefix("decoder.layers."): jnp.asarray(value) for name, value in whole.items()}
    latents = jax.random.normal(jax.random.key(0), (1, 4, 4, 12))
    padded = jnp.pad(latents, ((0, 0), (0, 0), (0, 0), (0, 4)), constant_values=5.0)
    assert np.allclose(decode(decoder, latents), decode(tensors, padded), atol=1e-4)


SMALL = upscaler.Size(body=6, growth=3, full=4)


def test_the_upscaler_begins_as_bilinear_interpolation() -> None:
    pixels = drawn.together(1, 32, seed=9)
    made = upscale(on_device(upscaler.initial(SMALL, 0)), jnp.asarray(pixels / np.float32(255)))
    wanted = np.asarray(Image.fromarray(pixels[0]).resize((64, 64), Image.Resampling.BILINEAR))
    assert np.abs(np.asarray(made[0]) * 255 - wanted)[1:-1, 1:-1].max() < 1.5  # Pillow rounds twice


def on_device(weights: dict[str, Floats]) -> dict[str, Array]:
    return {name: jnp.asarray(value) for name, value in weights.items()}


def test_the_upscaler_keeps_its_answer_in_the_engines_form() -> None:
    weights = lively(upscaler.initial(SMALL, 0))
    tensors = engine_form.esrgan({name: np.asarray(value) for name, value in weights.items()})
    assert {name: value.shape for name, value in tensors.items()} == upscaler.shapes(upscaler.ENGINES)
    pictures = jax.random.uniform(jax.random.key(0), (1, 6, 8, 3))
    made = upscale(weights, pictures)
    assert made.shape == (1, 12, 16, 3)
    assert np.allclose(made, upscale(on_device(tensors), pictures), atol=1e-4)


def test_the_upscaler_learns_from_pictures_and_the_same_at_half_their_size() -> None:
    pictures = list(drawn.together(20, 64, seed=9))
    small, wanted = upscaler.examples(pictures, np.random.default_rng(0))
    assert small.shape == (20, 32, 32, 3)
    assert (wanted == np.stack(pictures)).all()
    halves = wanted.reshape(20, 32, 2, 32, 2, 3).mean((2, 4))
    off = np.abs(small - halves).mean((1, 2, 3))
    assert off.max() < 6  # what is worn is so by little
    assert len(set(off.round(3))) > 10  # and not all in one way


def test_latents_that_are_not_in_use_are_not_looked_at() -> None:
    weights = engine_form.flux(
        {name: np.asarray(value) for name, value in lively(transformer.initial(SIZE, 0)).items()}, 12
    )
    tensors = on_device(weights)
    noisy = jax.random.normal(jax.random.key(0), (1, 4, 4, 16))
    one, other = (
        velocity(tensors, SIZE, x, jnp.array([0.5]), jnp.ones((1, 768))) for x in (noisy, noisy.at[..., 12:].set(7.0))
    )
    assert np.allclose(one, other)


def test_the_text_encoder_in_the_engines_form_has_all_of_a_clip_l() -> None:
    size = text_encoder.Size(layers=1, heads=1, units=32)
    tensors = engine_form.clip(text_encoder.initial(size, 0), size)
    assert len(tensors) == 2 + 12 * 16 + 2
    assert tensors["text_model.embeddings.token_embedding.weight"].shape == (49408, 768)
    alive = [name for name, tensor in tensors.items() if alive_matrix(name, tensor)]
    assert {name.split(".")[3] for name in alive} == {"0"}


def alive_matrix(name: str, tensor: Tensor) -> bool:
    return ".layers." in name and len(tensor.shape) == 2 and any(tensor.content)


def test_a_prompt_ends_where_it_ends_however_much_is_behind_it() -> None:
    size = text_encoder.Size(layers=1, heads=1, units=32)
    weights = lively(text_encoder.initial(size, 0))
    tokens = text_encoder.encoded(["a blue robot", "a blue robot at night"])
    longer = tokens.rows.copy()
    longer[0, tokens.ends[0] + 1 :] = 5
    said, said_again = (
        text_encoder.pooled(weights, size, jnp.asarray(rows), jnp.asarray(tokens.ends))
        for rows in (tokens.rows, longer)
    )
    assert np.allclose(said, said_again, atol=1e-5)
    assert not np.allclose(said[0], said[1], atol=0.1)


def test_what_was_learned_is_the_way_from_the_picture_to_the_noise() -> None:
    nothing, latents = np.zeros(768, np.float32), jax.random.normal(jax.random.key(0), (8, 4, 4, 12))
    loss = flow.Loss(SIZE, nothing, 0.1, 0.3)
    weights = on_device(transformer.initial(SIZE, 0))
    # At first it answers nought, and the way has the deviation of the sum of picture and noise.
    assert jax.jit(loss.__call__)(weights, (latents, jnp.zeros((8, 768))), jax.random.key(1)) == pytest.approx(
        2, rel=0.1
    )


@pytest.mark.parametrize(("around", "middle"), [(0.3, 0.57), (1.0, 0.73)])
def test_times_lie_around_what_was_asked_for_and_reach_everywhere(around: float, middle: float) -> None:
    drawn_by_lot = np.asarray(flow.times(jax.random.key(5), 20_000, around))
    assert np.median(drawn_by_lot) == pytest.approx(middle, abs=0.02)
    assert 0 < drawn_by_lot.min() < 0.01 < 0.99 < drawn_by_lot.max() < 1


def test_a_network_that_grew_deeper_says_what_it_said() -> None:
    small = {name: np.asarray(value) for name, value in lively(transformer.initial(SIZE, 0)).items()}
    larger = transformer.Size(width=128, double_blocks=1, single_blocks=3)
    grown = transformer.grown(small, larger, 4)
    assert set(grown) == set(transformer.shapes(larger))
    noisy, pooled = jax.random.normal(jax.random.key(2), (2, 4, 4, 16)), jax.random.normal(jax.random.key(3), (2, 768))
    before, after = (
        velocity(on_device(weights), size, noisy, jnp.ones(2), pooled)
        for weights, size in ((small, SIZE), (grown, larger))
    )
    assert np.allclose(before, after, atol=1e-5)


def learn_slope(folder: Path, steps: int, size: int = 1, asked: list[int] | None = None) -> dict[str, Floats]:
    """From points of the line y = 3 x; notes in `asked` which batches it was asked for."""

    def batch(rng: np.random.Generator) -> Floats:
        seed = int(rng.integers(1000))
        if asked is not None:
            asked.append(seed)
        return np.random.default_rng(seed).normal(size=8).astype(np.float32)

    def loss(weights: Weights, x: Array, _key: Array, /) -> Array:
        return ((weights["slope"].mean() * x - 3 * x) ** 2).mean()

    plan = Plan(steps=steps, batch=8, rate=0.1, average=10)
    initial = {"slope": np.zeros(size, np.float32)}
    return training.train("line", plan, lambda: initial, loss, batch, folder, Diary(folder))


def test_training_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    in_one: list[int] = []
    in_two: list[int] = []
    learn_slope(tmp_path / "one", 300, asked=in_one)
    learn_slope(tmp_path / "two", 150, asked=in_two)
    slope = learn_slope(tmp_path / "two", 300, asked=in_two)["slope"]
    assert in_one == in_two
    assert slope == pytest.approx([3], abs=0.1)
    assert training.finished("line", tmp_path / "two")["slope"] == pytest.approx(slope, abs=0.01)


def test_what_is_kept_of_a_training_is_where_another_can_go_on(tmp_path: Path) -> None:
    slope = learn_slope(tmp_path / "one", 100)["slope"]
    training.keep("line", tmp_path / "one", tmp_path / "kept")
    assert training.finished("line", tmp_path / "kept")["slope"] == pytest.approx(slope, abs=0.01)
    asked = list[int]()
    assert learn_slope(tmp_path / "kept", 300, asked=asked)["slope"] == pytest.approx([3], abs=0.1)
    assert len(asked) == 200


def test_of_a_training_that_is_done_the_average_alone_is_kept(tmp_path: Path) -> None:
    weights, average = {"a": np.full(3, 2, np.float32)}, {"a": np.ones(3, np.float32)}
    for number, written in enumerate((Checkpoint(7, weights, average), Checkpoint(7, average, average))):
        checkpoint.save(tmp_path / str(number), written)
        found = checkpoint.load(tmp_path / str(number))
        assert (found.step, found.average["a"].tolist()) == (7, [1, 1, 1])
        assert found.weights["a"].tolist() == written.weights["a"].tolist()
    assert (tmp_path / "1").stat().st_size < (tmp_path / "0").stat().st_size


def test_what_was_learned_in_full_is_not_learned_again(tmp_path: Path) -> None:
    first, asked = learn_slope(tmp_path, 20)["slope"], list[int]()
    assert learn_slope(tmp_path, 20, asked=asked)["slope"] == pytest.approx(first, abs=0.01)
    assert asked == []


def test_a_checkpoint_of_another_recipe_is_told(tmp_path: Path) -> None:
    learn_slope(tmp_path, 2)
    with pytest.raises(ValueError, match="made by another recipe"):
        learn_slope(tmp_path, 2, size=2)


@pytest.mark.parametrize("shape", [(128, 128), (384, 128), (128, 640)])
def test_what_muon_makes_of_a_momentum_is_long_in_no_direction(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    stretched = rng.normal(size=shape) * np.geomspace(1, 30, shape[1])
    made = np.asarray(optimiser.orthogonal(jnp.asarray(stretched, jnp.float32)))
    for part in made.reshape(shape[0] // 128, 128, shape[1] // 128, 128).transpose(0, 2, 1, 3).reshape(-1, 128, 128):
        lengths = np.linalg.svd(part, compute_uv=False) / math.sqrt(128)
        assert 0.5 < np.median(lengths) < lengths.max() < 1.3
    assert np.sqrt((made**2).mean()) == pytest.approx(0.9, abs=0.15)


def test_muon_moves_what_tokens_go_through_and_adam_the_rest() -> None:
    matrices = transformer.matrices(SIZE)
    assert {"double_blocks.0.img_attn.qkv.weight", "single_blocks.0.linear2.weight"} <= matrices
    assert not {"img_in.weight", "single_blocks.0.modulation.lin.weight", "double_blocks.0.img_mlp.0.bias"} & matrices
    weights = lively(transformer.initial(SIZE, 0))
    state = optimiser.begin(weights, weights, matrices)
    assert set(state.second) == set(weights) - matrices
    moved = step(state, weights, jnp.asarray(0.1), jnp.asarray(0.5))
    assert all((moved.weights[name] != value).any() for name, value in weights.items())
