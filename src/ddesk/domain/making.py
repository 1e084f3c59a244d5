"""What made a picture: the facts that decide over its pixels, then and now, and how to ask for it again."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.recipe import Choices, Wish, request
from ddesk.events.generation import (
    Engine,
    GenerationEvent,
    GenerationRequested,
    GenerationStarted,
    ImageGenerated,
    Lora,
    ModelFile,
)
from ddesk.events.preset import ImagePreset

Fact = str | int | float | None
Value = TypeVar("Value")
Verdict = Literal["exact", "likely", "cannot"]

_SIMILAR_WITHOUT = frozenset({"engine.version", "engine.backend", "engine.device", "mitigations"})
"""Where only these differ, the picture comes out alike, though perhaps not the same in every pixel."""


class Made(Struct, frozen=True, kw_only=True):
    """A picture's making: `engine` and `mitigations` are those of the attempt that succeeded."""

    request: GenerationRequested
    image: ImageGenerated
    engine: Engine
    mitigations: tuple[str, ...]


class Difference(Struct, frozen=True):
    """None is what is not known, or not there."""

    field: str
    then: Fact
    now: Fact


class Changes(Struct, frozen=True, kw_only=True):
    """What to do differently than then; None is as then."""

    sampler: str | None = None
    sigma_schedule: str | None = None
    steps: int | None = None
    cfg: float | None = None
    guidance: float | None = None
    seed: int | None = None


def made(events: Iterable[GenerationEvent], image_id: str | None = None) -> Made | None:
    """How this picture of the generation, or its first, was made; None where it has no such picture."""
    requested: GenerationRequested | None = None
    started: GenerationStarted | None = None
    for event in events:
        match event:
            case GenerationRequested():
                requested = event
            case GenerationStarted():
                started = event
            case ImageGenerated(image_id=id_) if requested and started and image_id in (None, id_):
                return Made(request=requested, image=event, engine=started.engine, mitigations=started.mitigations)
            case _:
                pass
    return None


def facts(of: Made) -> dict[str, Fact]:
    """Everything that decides over the pixels, by name."""
    recipe, engine = of.request.recipe, of.engine
    return {
        "prompt": of.request.resolved_prompt,
        "negative_prompt": of.request.negative_prompt,
        "kind": recipe.kind,
        "sampler": recipe.sampler,
        "sigma_schedule": recipe.sigma_schedule,
        "steps": recipe.steps,
        "cfg": recipe.cfg,
        "guidance": recipe.guidance,
        "seed": of.image.seed,
        "width": recipe.width,
        "height": recipe.height,
        **file_facts(recipe.model_files),
        **lora_facts(recipe.loras),
        **engine_facts(engine),
        "mitigations": ", ".join(of.mitigations),
    }


def file_facts(files: Iterable[ModelFile]) -> dict[str, Fact]:
    """A file's name decides over nothing."""
    found: dict[str, Fact] = {}
    for file in files:
        found[f"model_files.{file.part}.size"] = file.size
        found[f"model_files.{file.part}.sha256"] = file.sha256
    return found


def lora_facts(loras: Iterable[Lora]) -> dict[str, Fact]:
    """In their order, which decides over the last bits of a sum."""
    found: dict[str, Fact] = {}
    for number, lora in enumerate(loras, 1):
        found[f"loras.{number}.sha256"] = lora.file.sha256
        found[f"loras.{number}.strength"] = lora.strength
    return found


def engine_facts(engine: Engine | None) -> dict[str, Fact]:
    """An empty text stands for what wasn't written down; without an engine nothing is known."""
    return {f"engine.{name}": (getattr(engine, name) if engine else None) or None for name in Engine.__struct_fields__}


def differences(then: Mapping[str, Fact], now: Mapping[str, Fact]) -> list[Difference]:
    """What isn't known on one side differs; where it is known on neither, it may: the device, of old."""
    return [
        Difference(field, then.get(field), now.get(field))
        for field in dict.fromkeys((*then, *now))
        if then.get(field) != now.get(field) or then.get(field) is None
    ]


def verdict(differing: Sequence[Difference]) -> Verdict:
    """Whether the picture could be made again now."""
    if not differing:
        return "exact"
    return "likely" if all(map(_is_slight, differing)) else "cannot"


def _is_slight(difference: Difference) -> bool:
    """An engine that isn't there to tell its name is no other engine."""
    return difference.field in _SIMILAR_WITHOUT or (difference.field == "engine.name" and difference.now is None)


def again(then: Made, changes: Changes, preset: ImagePreset, choices: Choices) -> GenerationRequested:
    """The request for one more picture as then, but for the changes, with the files that the preset has now.

    Raises Invalid where it can't be made.
    """
    recipe, words = then.request.recipe, then.request
    wish = Wish(
        prompt=words.prompt,
        negative_prompt=words.negative_prompt,
        seed=_or(changes.seed, then.image.seed),
        batch=1,
        placement="back",
        steps=_or(changes.steps, recipe.steps),
        cfg=_or(changes.cfg, recipe.cfg),
        guidance=_or(changes.guidance, recipe.guidance),
        sampler=_or(changes.sampler, recipe.sampler),
        sigma_schedule=_or(changes.sigma_schedule, recipe.sigma_schedule),
        width=recipe.width,
        height=recipe.height,
    )
    requested = request(wish, recipe.preset_id, preset, choices)
    return replace(requested, resolved_prompt=words.resolved_prompt, rerun_of=then.image.image_id)


def _or(changed: Value | None, then: Value) -> Value:
    return then if changed is None else changed
