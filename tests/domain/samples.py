"""Facts and commands that tests of the rules begin with."""

from ddesk.events.generation import (
    GenerationCancelled,
    GenerationCompleted,
    GenerationFailed,
    GenerationInterrupted,
    GenerationRequested,
    GenerationRetried,
    GenerationStarted,
    ImageGenerated,
    ModelFile,
    Recipe,
)
from ddesk.events.image import ImageAdded
from ddesk.events.preset import ImageDefaults, ImagePresetCreated

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
PRESET = ImagePresetCreated(
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
        engine="toy",
        engine_version="1",
        backend="cpu",
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
