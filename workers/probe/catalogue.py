"""The table of what model files there are (kinds.toml), as data."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

Dimension = int | str
"""A number, a word that stands for one throughout a file, or a multiple of it: `3*h`."""

Shapes = Mapping[str, tuple[Dimension, ...]]


class Kind(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    parts: tuple[str, ...]
    markers: Mapping[str, tuple[int, ...]]
    family: str = ""
    prefixes: tuple[str, ...] = ("",)
    repeats: int | None = None
    layers: Shapes = {}
    tensors: Shapes = {}
    optional: Shapes = {}


class Catalogue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kinds: tuple[Kind, ...]
    holds: Mapping[str, tuple[str, ...]]
    components: Mapping[str, tuple[str, ...]]
    within: Mapping[str, tuple[str, ...]]
    unused: Mapping[str, tuple[str, ...]]
    embeddings: tuple[str, ...]
    metadata: Mapping[str, tuple[str, ...]]
    harmless: tuple[str, ...]


@cache
def catalogue() -> Catalogue:
    return msgspec.toml.decode(Path(__file__).with_name("kinds.toml").read_bytes(), type=Catalogue)
