"""From what a person asked for to the recipe of a picture, and from a recipe to the text that travels in its file."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TypeVar

import msgspec
from msgspec import Struct

from ddesk.errors import Invalid
from ddesk.events.generation import GenerationRequested, Lora, Placement, Recipe
from ddesk.events.preset import ImageDefaults, ImagePreset

Number = TypeVar("Number", int, float)

MIN_SIZE, MAX_SIZE = 64, 4096
"""Of either side, in pixels."""

MAX_STEPS, MAX_BATCH, MAX_CFG = 150, 8, 30.0
MAX_PIXELS = 2048 * 2048
"""Of one picture: past this, engines need more memory than any desk has."""


class Wish(Struct, frozen=True, kw_only=True):
    """What was asked for; None takes the preset's default. `seed` is drawn by whoever makes the wish."""

    prompt: str
    negative_prompt: str
    seed: int
    batch: int
    placement: Placement
    steps: int | None = None
    cfg: float | None = None
    guidance: float | None = None
    sampler: str | None = None
    sigma_schedule: str | None = None
    width: int | None = None
    height: int | None = None


class Sampling(Struct, frozen=True):
    """A sampler or sigma schedule: the engine's id, and the name by which other programs know it."""

    id: str
    name: str


class Choices(Struct, frozen=True, kw_only=True):
    """What may be chosen, as the defaults' `sampling.toml` lists it."""

    samplers: tuple[Sampling, ...]
    sigma_schedules: tuple[Sampling, ...]

    def sampler_name(self, id_: str) -> str:
        return _name(self.samplers, id_)

    def schedule_name(self, id_: str) -> str:
        return _name(self.sigma_schedules, id_)


def checked_defaults(defaults: ImageDefaults, choices: Choices) -> ImageDefaults:
    """With the engine's own names. Raises Invalid where no picture can be made with them."""
    return msgspec.structs.replace(
        defaults,
        sampler=_listed("sampler", defaults.sampler, choices.samplers),
        sigma_schedule=_listed("sigma schedule", defaults.sigma_schedule, choices.sigma_schedules),
        width=_size("width", defaults.width, defaults.multiple),
        height=_size("height", defaults.height, defaults.multiple),
    )


def request(wish: Wish, preset_id: str, preset: ImagePreset, choices: Choices) -> GenerationRequested:
    """The complete request. Raises Invalid where it can't be made, saying which value and what would do."""
    defaults = preset.defaults
    recipe = Recipe(
        preset_id=preset_id,
        preset_name=preset.name,
        model_files=preset.model_files,
        loras=preset.loras,
        sampler=_listed("sampler", wish.sampler or defaults.sampler, choices.samplers),
        sigma_schedule=_listed(
            "sigma schedule", wish.sigma_schedule or defaults.sigma_schedule, choices.sigma_schedules
        ),
        steps=_or(wish.steps, defaults.steps),
        cfg=_or(wish.cfg, defaults.cfg),
        guidance=_or(wish.guidance, defaults.guidance),
        seed=wish.seed,
        width=_size("width", _or(wish.width, defaults.width), defaults.multiple),
        height=_size("height", _or(wish.height, defaults.height), defaults.multiple),
        batch=wish.batch,
    )
    if recipe.width * recipe.height > MAX_PIXELS:
        raise Invalid(
            "size_too_large",
            f"{recipe.width} × {recipe.height} is more than {MAX_PIXELS // 1_000_000} million pixels.",
            "Make a smaller picture.",
        )
    prompt, negative = _text("prompt", wish.prompt), _text("negative prompt", wish.negative_prompt)
    return GenerationRequested(
        recipe=recipe, placement=wish.placement, prompt=prompt, resolved_prompt=prompt.strip(), negative_prompt=negative
    )


def picture_text(requested: GenerationRequested, seed: int, choices: Choices, version: str) -> dict[str, str]:
    """The text chunks of a PNG: `parameters` as A1111 and its kin read them, `ddesk` as the desk does.

    The form of `parameters` is the one that A1111 writes: prompt, negative prompt, then `Name: value` pairs.
    """
    recipe = requested.recipe
    lines = [" ".join([requested.prompt, *(f"<lora:{_stem(each)}:{each.strength:g}>" for each in recipe.loras)])]
    if requested.negative_prompt:
        lines.append(f"Negative prompt: {requested.negative_prompt}")
    facts = {
        "Steps": recipe.steps,
        "Sampler": choices.sampler_name(recipe.sampler),
        "Schedule type": choices.schedule_name(recipe.sigma_schedule),
        "CFG scale": f"{recipe.cfg:g}",
        "Distilled CFG Scale": f"{recipe.guidance:g}",
        "Seed": seed,
        "Size": f"{recipe.width}x{recipe.height}",
        "Model hash": recipe.model_files[0].sha256[:10],
        "Model": recipe.preset_name,
        "Version": f"DiffusionDesk {version}",
    }
    if recipe.loras:
        facts["Lora hashes"] = f'"{", ".join(f"{_stem(each)}: {each.file.sha256[:12]}" for each in recipe.loras)}"'
    lines.append(", ".join(f"{name}: {value}" for name, value in facts.items()))
    own = {
        "prompt": requested.prompt,
        "negative_prompt": requested.negative_prompt,
        "seed": seed,
        "recipe": msgspec.to_builtins(recipe),
        "version": version,
    }
    return {"parameters": "\n".join(lines), "ddesk": msgspec.json.encode(own).decode()}


def _stem(lora: Lora) -> str:
    return PurePosixPath(lora.file.name).stem


def _or(value: Number | None, default: Number) -> Number:
    return default if value is None else value


def _name(listed: Sequence[Sampling], id_: str) -> str:
    return next((each.name for each in listed if each.id == id_), id_)


def _listed(what: str, value: str, listed: Sequence[Sampling]) -> str:
    for each in listed:
        if value.casefold() in (each.id.casefold(), each.name.casefold()):
            return each.id
    raise Invalid(
        f"unknown_{what.replace(' ', '_')}",
        f"There is no {what} named {value!r}.",
        f"Choose one of: {', '.join(each.id for each in listed)}.",
    )


def _size(side: str, pixels: int, multiple: int) -> int:
    if not MIN_SIZE <= pixels <= MAX_SIZE:
        raise Invalid(
            "size_out_of_range",
            f"A {side} of {pixels} pixels is not between {MIN_SIZE} and {MAX_SIZE}.",
            f"Choose a {side} between {MIN_SIZE} and {MAX_SIZE} pixels.",
        )
    if pixels % multiple:
        below = max(pixels // multiple * multiple, MIN_SIZE)
        raise Invalid(
            "size_not_a_multiple",
            f"This preset makes pictures whose sides are multiples of {multiple} pixels; a {side} of {pixels} is not.",
            f"Choose {below} or {below + multiple}.",
        )
    return pixels


def _text(what: str, text: str) -> str:
    """Text that UTF-8, C and PNG can all hold."""
    if "\0" in text:
        raise Invalid("bad_text", f"The {what} holds a NUL character.", "Remove it.")
    try:
        text.encode()
    except UnicodeEncodeError as wrong:
        raise Invalid("bad_text", f"The {what} holds half a character: {wrong.reason}.", "Type it again.") from wrong
    return text
