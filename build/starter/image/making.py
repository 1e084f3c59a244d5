"""The steps in which a starter is made: each takes what those before it left, and goes on where it stopped."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from msgspec import Struct

from build.starter.image import autoencoder, drawn, engine_form, flow, text_encoder, transformer, upscaler
from build.starter.image.arrays import Floats, Pixels
from build.starter.image.autoencoder import SQUARE, Encoder
from build.starter.image.diary import Diary
from build.starter.image.flow import Examples
from build.starter.image.prompts import prompt, with_filler
from build.starter.image.recipe import Recipe, Stage
from build.starter.image.training import finished, is_begun, train
from build.starter.image.weight_files import gguf, safetensors
from ddesk.paths import replaced_durably

_SIDE = 128
"""Pixels of the pictures that batches are counted in, and that the encoder is fitted to."""

_ENCODER_PICTURES = 600
_CUT_OUT = 64
_LAST_FIRST = ("distilled", "transformer", "draft", "sketch")
"""The transformer's stages."""

_AT_ONCE = 250
_ENCODER_SEED, _DECODER_SEED, _FLOW_SEED, _UPSCALER_SEED = 1, 2, 3, 4
"""Of the pictures that each is made from."""


class Workshop(Struct, frozen=True):
    recipe: Recipe
    folder: Path
    diary: Diary


def make_text_encoder(at: Workshop) -> None:
    size, plan = at.recipe.text.size, at.recipe.text.plan
    train(
        "text",
        plan,
        lambda: text_encoder.initial(size, plan.seed),
        text_encoder.Loss(size),
        lambda rng: text_encoder.batch(plan.batch, rng),
        at.folder,
        at.diary,
    )


def make_autoencoder(at: Workshop) -> None:
    if not encoder_path(at).is_file():
        pictures = drawn.together(min(_ENCODER_PICTURES, at.recipe.decoder.pictures), _SIDE, _ENCODER_SEED)
        encoder = autoencoder.fitted(_floats(pictures), at.recipe.latents)
        _save(encoder_path(at), matrix=encoder.matrix, mean=encoder.mean)
    size, plan = at.recipe.decoder.size, at.recipe.decoder.plan
    each = at.recipe.decoder.pictures // len(at.recipe.pictures)
    tables = [drawn.together(each, int(side), _DECODER_SEED) for side in at.recipe.pictures]
    train(
        "decoder",
        plan,
        lambda: autoencoder.initial(at.recipe.latents, size, plan.seed),
        autoencoder.Loss(_encoder(at)),
        lambda rng: np.stack(_cut_outs(tables, _CUT_OUT, plan.batch, rng)),
        at.folder,
        at.diary,
    )


def make_sketch(at: Workshop) -> None:
    """The transformer, learning what words mean from small pictures first: they take a quarter of the time."""
    stage = at.recipe.sketch
    _learn(at, "sketch", stage, lambda: transformer.initial(at.recipe.size(stage), stage.plan.seed))


def make_draft(at: Workshop) -> None:
    _learn(at, "draft", at.recipe.draft, lambda: _grown_from("sketch", at, at.recipe.draft))


def make_transformer(at: Workshop) -> None:
    """Deeper, and looking longer at where there is little but noise: the shapes of things are decided there."""
    _learn(at, "transformer", at.recipe.picture, lambda: _grown_from("draft", at, at.recipe.picture))


def distil_transformer(at: Workshop) -> None:
    stage, teacher = at.recipe.distilled, finished("transformer", at.folder)
    teaching = {name: jnp.asarray(value) for name, value in teacher.items()}
    size = at.recipe.size(stage)
    loss = flow.Distilled(size, _said(at, [""])[0], at.recipe.guidance, stage.around)
    examples = _latents(at, stage)
    train(
        "distilled",
        stage.plan,
        lambda: teacher,
        loss,
        lambda rng: (*examples(rng), teaching),
        at.folder,
        at.diary,
        transformer.matrices(size),
    )


def make_upscaler(at: Workshop) -> None:
    recipe, plan = at.recipe.upscaler, at.recipe.upscaler.plan
    tables = [drawn.together(count, int(side), _UPSCALER_SEED) for side, count in recipe.pictures.items()]
    train(
        "upscaler",
        plan,
        lambda: upscaler.initial(recipe.size, plan.seed),
        upscaler.loss,
        lambda rng: upscaler.examples(_cut_outs(tables, recipe.cut_out, plan.batch, rng), rng),
        at.folder,
        at.diary,
    )


def parts(at: Workshop) -> dict[str, bytes]:
    """The engine's files by part: of the networks that were begun, and of the transformer its last stage that was."""
    stage = next((name for name in _LAST_FIRST if is_begun(name, at.folder)), _LAST_FIRST[-1])
    forms: Mapping[str, tuple[str, Callable[[Mapping[str, Floats]], bytes]]] = {
        "diffusion": (stage, lambda weights: safetensors(engine_form.flux(weights, at.recipe.latents))),
        "clip_l": ("text", lambda weights: gguf("clip", engine_form.clip(weights, at.recipe.text.size))),
        "taesd": ("decoder", lambda weights: safetensors(engine_form.taesd(weights, _encoder(at)))),
        "upscaler": ("upscaler", lambda weights: safetensors(engine_form.esrgan(weights))),
    }
    return {part: form(finished(name, at.folder)) for part, (name, form) in forms.items() if is_begun(name, at.folder)}


def _learn(at: Workshop, name: str, stage: Stage, initial: Callable[[], Mapping[str, Floats]]) -> None:
    size = at.recipe.size(stage)
    loss = flow.Loss(size, _said(at, [""])[0], at.recipe.without_words, stage.around)
    train(name, stage.plan, initial, loss, _latents(at, stage), at.folder, at.diary, transformer.matrices(size))


def _grown_from(earlier: str, at: Workshop, stage: Stage) -> Mapping[str, Floats]:
    """Or from nothing, where there is no earlier one."""
    weights = finished(earlier, at.folder) if is_begun(earlier, at.folder) else {}
    return transformer.grown(weights, at.recipe.size(stage), stage.plan.seed)


def encoder_path(at: Workshop) -> Path:
    return at.folder / "encoder.npz"


def _encoder(at: Workshop) -> Encoder:
    with np.load(encoder_path(at)) as arrays:
        return Encoder(arrays["matrix"], arrays["mean"])


def _save(path: Path, **arrays: Floats) -> None:
    """Whole or not at all: what is there is taken for done."""
    with replaced_durably(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # numpy types its keywords as if one were a flag


def _floats(pictures: Pixels) -> Floats:
    return pictures.astype(np.float32) / np.float32(255)


def _cut_outs(tables: Sequence[Pixels], side: int, count: int, rng: np.random.Generator) -> list[Pixels]:
    """Squares of that many pixels each way, out of pictures of every table alike."""

    def cut_out() -> Pixels:
        table = tables[int(rng.integers(len(tables)))]
        down, right = SQUARE * rng.integers((table.shape[1] - side) // SQUARE + 1, size=2)
        return table[int(rng.integers(len(table))), down : down + side, right : right + side]

    return [cut_out() for _ in range(count)]


def _latents(at: Workshop, stage: Stage) -> Callable[[np.random.Generator], tuple[Floats, Floats]]:
    """Latents of one size of pictures at a time, and what the text encoder says to words for each."""
    sides, shares = zip(*stage.shares.items(), strict=True)
    examples = cache(lambda side: _examples(at, int(side)))

    def batch(rng: np.random.Generator) -> tuple[Floats, Floats]:
        side = str(rng.choice(sides, p=shares))
        return examples(side).batch(max(1, stage.plan.batch * _SIDE**2 // int(side) ** 2), rng)

    return batch


def _examples(at: Workshop, side: int) -> Examples:
    """Drawn once, which takes minutes, and kept in the folder."""
    count = at.recipe.pictures[str(side)]
    path = at.folder / f"examples-{side}-{count}.npz"
    if not path.is_file():
        drawn_now = _drawn_examples(at, side, count)
        _save(path, latents=drawn_now.latents, pooled=drawn_now.pooled)
    with np.load(path) as arrays:
        return Examples(arrays["latents"], arrays["pooled"])


def _drawn_examples(at: Workshop, side: int, count: int) -> Examples:
    rng = np.random.default_rng([_FLOW_SEED, side, 1])
    encode = jax.jit(lambda pictures: autoencoder.encode(_encoder(at), pictures).astype(jnp.float16))
    latents, prompts, waiting = [], [], []
    for number, (facts, pixels) in enumerate(drawn.pictures(count, side, _FLOW_SEED), 1):
        prompts.append(with_filler(prompt(facts, rng), rng))
        waiting.append(pixels)
        if len(waiting) == _AT_ONCE or number == count:
            latents.append(np.asarray(encode(_floats(np.stack(waiting)))))
            waiting = []
    return Examples(np.concatenate(latents), _said(at, prompts).astype(np.float16))


def _said(at: Workshop, prompts: list[str]) -> Floats:
    """By the text encoder, to each of them."""
    weights = finished("text", at.folder)
    answer = jax.jit(lambda weights, rows, ends: text_encoder.pooled(weights, at.recipe.text.size, rows, ends))
    found = []
    for start in range(0, len(prompts), _AT_ONCE):
        tokens = text_encoder.encoded(prompts[start : start + _AT_ONCE])
        found.append(np.asarray(answer(weights, tokens.rows, tokens.ends)))
    return np.concatenate(found)
