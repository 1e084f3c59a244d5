"""`recipe.toml`, as it stands there."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from build.starter.image import autoencoder, text_encoder, transformer
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


class Transformer(Struct, frozen=True):
    size: transformer.Size
    plan: Plan


class Judge(Struct, frozen=True):
    """`pictures` are drawn for it to learn from."""

    plan: Plan
    pictures: int


class Recipe(Struct, frozen=True):
    """`pictures` are those drawn for the transformer by their side in pixels, `shares` how often each side comes up;
    `guidance` is what the distilled transformer learns to do by itself.
    """

    latents: int
    pictures: Mapping[str, int]
    shares: Mapping[str, float]
    without_words: float
    guidance: float
    text: Text
    decoder: Decoder
    transformer: Transformer
    distilled: Transformer
    judge: Judge


def names() -> list[str]:
    return list(_recipes())


def recipe(name: str) -> Recipe:
    """Raises KeyError."""
    return _recipes()[name]


def _recipes() -> dict[str, Recipe]:
    return msgspec.convert(tomllib.loads(RECIPES.read_text("utf-8")), dict[str, Recipe])
