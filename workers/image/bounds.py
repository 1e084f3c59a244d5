"""What the engine may be asked: it takes all memory, ends the process or paints black over other values."""

import math
import re
from collections.abc import Iterator

from ddesk.protocol.messages import MakeImage, ModelSpec
from workers.image import engine, library

SIDES = range(64, 4096 + 1, 8)
"""Width and height, in pixels."""

STEPS = range(1, 500 + 1)
SEEDS = range(1 << 63)
MOST_GUIDANCE = 100.0
LONGEST_PROMPT = 16_384
MOST_STRENGTH = 10.0
"""Of a LoRA, either way."""
MITIGATIONS = frozenset({"vae_tiling"})

_LORA = re.compile(r"<lora:[^>]*>", re.IGNORECASE)


def wrong_with_picture(work: MakeImage) -> str | None:
    """In plain words; None where the engine can do it."""
    wrong = (_wrong_numbers, _wrong_loras, _wrong_choices, _wrong_words)
    return next((words for each in wrong for words in each(work)), None)


def wrong_with_model(model: ModelSpec) -> str | None:
    """In plain words; None where the parts and options are known. Says nothing about the files."""
    unknown = (set(model.paths) - set(engine.PARTS)) | (set(model.options) - set(engine.OPTIONS))
    if unknown:
        return f"This engine has no place for {', '.join(sorted(unknown))}."
    if not {"model", "diffusion"} & set(model.paths):
        return "The preset names no model file that makes pictures."
    return None


def _wrong_numbers(work: MakeImage) -> Iterator[str]:
    for side, pixels in (("width", work.width), ("height", work.height)):
        if pixels not in SIDES:
            yield f"The {side} must be a multiple of {SIDES.step} from {SIDES[0]} to {SIDES[-1]} pixels, not {pixels}."
    if work.steps not in STEPS:
        yield f"The steps must be from {STEPS[0]} to {STEPS[-1]}, not {work.steps}."
    if work.seed not in SEEDS:
        yield f"The seed must be from 0 to {SEEDS[-1]}, not {work.seed}."
    for name, value in (("cfg", work.cfg), ("guidance", work.guidance)):
        if not (math.isfinite(value) and 0.0 <= value <= MOST_GUIDANCE):
            yield f"The {name} must be from 0 to {MOST_GUIDANCE:g}, not {value:g}."


def _wrong_loras(work: MakeImage) -> Iterator[str]:
    for lora in work.loras:
        if not abs(lora.strength) <= MOST_STRENGTH:
            yield f"A LoRA's strength must be from -{MOST_STRENGTH:g} to {MOST_STRENGTH:g}, not {lora.strength:g}."


def _wrong_choices(work: MakeImage) -> Iterator[str]:
    if work.sampler not in {engine.MODELS_OWN, *library.samplers()}:
        yield f"This engine has no sampler “{work.sampler}”."
    if work.sigma_schedule not in {engine.MODELS_OWN, *library.sigma_schedules()}:
        yield f"This engine has no sigma schedule “{work.sigma_schedule}”."
    if unknown := set(work.mitigations) - MITIGATIONS:
        yield f"This engine knows no {', '.join(sorted(unknown))}."


def _wrong_words(work: MakeImage) -> Iterator[str]:
    for name, words in (("prompt", work.prompt), ("negative prompt", work.negative_prompt)):
        if len(words) > LONGEST_PROMPT:
            yield f"The {name} has {len(words):,} characters; {LONGEST_PROMPT:,} are the most."
        if tag := _LORA.search(words):
            yield f"LoRAs belong to the preset: add it there, and take {tag[0]} out of the {name}."
