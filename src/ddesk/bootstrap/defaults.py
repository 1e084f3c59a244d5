"""What the desk starts from: the data files beside the program."""

import tomllib
from typing import TypeVar

import msgspec

from ddesk import paths
from ddesk.domain.catalogue import CatalogueEntry
from ddesk.domain.estimates import Estimates
from ddesk.domain.families import Families
from ddesk.domain.language_set import Start
from ddesk.domain.recipe import Choices
from ddesk.events.language_preset import LanguagePrompts
from ddesk.store.model_files import Bounds

Shape = TypeVar("Shape")


def catalogue() -> dict[str, CatalogueEntry]:
    """The models that the desk knows of, by id."""
    return _read("catalogue.toml", dict[str, CatalogueEntry])


def estimates() -> Estimates:
    """What the memory planner assumes until it has measured."""
    return _read("memory.toml", Estimates)


def families() -> Families:
    """What the families of image models need and accept."""
    return _read("families.toml", Families)


def model_bounds() -> Bounds:
    """How model files are looked for."""
    return _read("models.toml", Bounds)


def choices() -> Choices:
    """What may be chosen for sampling, as the defaults list it."""
    return _read("sampling.toml", Choices)


def language_start() -> Start:
    """What a new language preset starts with."""
    return _read("language.toml", Start)


def language_prompts() -> LanguagePrompts:
    """The desk's own system prompts."""
    folder = paths.defaults() / "prompts"
    names = LanguagePrompts.__struct_fields__
    return LanguagePrompts(**{name: (folder / f"{name}.txt").read_text("utf-8").strip() for name in names})


def _read(name: str, shape: type[Shape]) -> Shape:
    return msgspec.convert(tomllib.loads((paths.defaults() / name).read_text("utf-8")), shape)
