"""`recipe.toml`, as it stands there."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from build.starter.image import autoencoder, text_encoder, transformer, upscaler
from build.starter.image.export import Settings
from build.starter.image.training import Plan

RECIPES = Path(__file__).with_name("recipe.toml")


class Text(Struct, frozen=True):
    size: text_encoder.Size
    plan: Plan


class Decoder(Struct, frozen=True):
    """`pictures` of each size are drawn for it to learn from."""

    size: autoencoder.Size
    plan: Plan
    pictures: int


class Stage(Struct, frozen=True):
    """Of the transformer's: how deep it is by then, how often pictures of each side come up, in pixels, and around
    which times it learns (see `flow.Loss`).
    """

    plan: Plan
    single_blocks: int
    shares: Mapping[str, float]
    around: float


class Judge(Struct, frozen=True):
    """`pictures` are drawn for it to learn from."""

    plan: Plan
    pictures: int


class Upscaler(Struct, frozen=True):
    """`pictures` are drawn for it to learn from, so many of each side in pixels; it learns from `cut_out` of them, in
    pixels too.
    """

    size: upscaler.Size
    plan: Plan
    cut_out: int
    pictures: Mapping[str, int]


class Recipe(Struct, frozen=True):
    """`edition` goes into the names of the files.

    `pictures` are those drawn for the transformer by their side in pixels, and `without_words` is the share of them
    that it learns from without any; `guidance` is what the distilled one learns to do by itself.
    """

    edition: int
    latents: int
    pictures: Mapping[str, int]
    without_words: float
    guidance: float
    settings: Settings
    text: Text
    decoder: Decoder
    width: int
    double_blocks: int
    sketch: Stage
    draft: Stage
    picture: Stage
    distilled: Stage
    judge: Judge
    upscaler: Upscaler

    def size(self, stage: Stage) -> transformer.Size:
        return transformer.Size(self.width, self.double_blocks, stage.single_blocks)


def names() -> list[str]:
    return list(_recipes())


def recipe(name: str) -> Recipe:
    """Raises KeyError."""
    return _recipes()[name]


def _recipes() -> dict[str, Recipe]:
    return msgspec.convert(tomllib.loads(RECIPES.read_text("utf-8")), dict[str, Recipe])
