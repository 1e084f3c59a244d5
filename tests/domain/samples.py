"""Facts and commands that tests of the rules begin with."""

from typing import Any

from msgspec.structs import replace

from ddesk.events.generation import (
    Engine,
    GenerationCancelled,
    GenerationCompleted,
    GenerationFailed,
    GenerationInterrupted,
    GenerationRequested,
    GenerationRetried,
    GenerationStarted,
    ImageGenerated,
    Lora,
    ModelFile,
    Recipe,
)
from ddesk.events.image import ImageAdded
from ddesk.events.language_preset import LanguageDefaults, LanguagePreset
from ddesk.events.memory import MemoryMeasured, MemoryPlanned, PlannedPhase, PlannedStep
from ddesk.events.preset import ImageDefaults, ImagePreset

FILES = (ModelFile("diffusion", "diffusion_models/toy.safetensors", 4, "ab" * 32),)
RECIPE = Recipe(
    preset_id="toy",
    preset_name="Toy",
    model_files=FILES,
    sampler="euler",
    sigma_schedule="discrete",
    steps=4,
    cfg=2.5,
    guidance=3.5,
    seed=7,
    width=64,
    height=64,
    batch=2,
)
LORA = Lora(file=ModelFile("lora", "lora/style.safetensors", 3 << 20, "ef" * 32), strength=0.8)
PRESET = ImagePreset(
    name="Toy",
    family="flux",
    model_files=FILES,
    defaults=ImageDefaults(
        width=128,
        height=128,
        steps=14,
        cfg=2.5,
        guidance=3.5,
        sampler="euler",
        sigma_schedule="discrete",
        multiple=8,
    ),
)
LANGUAGE_PRESET = LanguagePreset(
    name="Small talker",
    model_files=(ModelFile("model", "llm/tiny.gguf", 1_805_344, "ef" * 32),),
    context=2048,
    defaults=LanguageDefaults(temperature=0.8, top_p=0.95, top_k=40, min_p=0.05, max_tokens=512),
)
ENGINE = Engine(name="toy", version="1", backend="cpu", device="A processor")
REQUESTED = GenerationRequested(
    recipe=RECIPE, placement="back", prompt="a red car", resolved_prompt="a red car", negative_prompt="rain"
)
COMPLETED = GenerationCompleted(1.5)
FAILED = GenerationFailed(code="bad_model_file", words="It is damaged.")
CANCELLED = GenerationCancelled()
LOST = GenerationInterrupted(why="killed", words="The worker was killed.")
RETURNED = GenerationRetried(why="interrupted")


def started(attempt: int = 1, index: int = 0, mitigations: tuple[str, ...] = ()) -> GenerationStarted:
    return GenerationStarted(
        worker="image",
        engine=ENGINE,
        attempt=attempt,
        index=index,
        mitigations=mitigations,
    )


def made(index: int) -> ImageGenerated:
    return ImageGenerated(
        image_id=f"image-{index}", index=index, seed=7 + index, pixels_sha256="cd" * 32, seconds=0.5, peak_mb=80.0
    )


def added(generation_id: str) -> ImageAdded:
    return ImageAdded(
        generation_id=generation_id,
        index=0,
        seed=7,
        width=64,
        height=64,
        made_at=1_700_000_000_000_000,
        preset_id="toy",
        file_size=10,
        file_sha256="ab" * 32,
        pixels_sha256="cd" * 32,
    )


def planned(generation_id: str | None, **facts: Any) -> MemoryPlanned:
    """By default it fits on a card of 8 GiB, once the language model is unloaded."""
    fits = MemoryPlanned(
        purpose="picture",
        preset_id="toy",
        generation_id=generation_id,
        width=64,
        height=64,
        device="A card",
        total_mb=8192.0,
        free_mb=4000.0,
        others_mb=500.0,
        room_mb=4000.0,
        available_mb=7000.0,
        weights_mb={"text_encoders": 200.0, "diffusion": 4000.0, "vae": 160.0},
        phases=(
            PlannedPhase(name="sampling", component="diffusion", compute_mb=600.0),
            PlannedPhase(name="decoding", component="vae", compute_mb=1600.0),
        ),
        process_mb=300.0,
        safety_mb=400.0,
        needed_mb=6660.0,
        planned_mb=6660.0,
        fits=True,
        known="estimated",
        steps=(PlannedStep(rung="hard_unload", verdict="taken", saving_mb=3000.0, cost_seconds=4.0, owner="language"),),
    )
    return replace(fits, **facts)


def measured(generation_id: str, image_id: str = "image-0", **facts: Any) -> MemoryMeasured:
    """A tenth more was predicted than it took."""
    tenth = MemoryMeasured(
        preset_id="toy",
        generation_id=generation_id,
        image_id=image_id,
        device="A card",
        width=64,
        height=64,
        predicted_mb=1100.0,
        measured_mb=1000.0,
        known="scaled",
    )
    return replace(tenth, **facts)
