"""The events of the desk's usual day: pictures asked for, made, stored and given a thumbnail."""

from collections.abc import Iterator

from ddesk.events import Event
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.generation import (
    Engine,
    GenerationCompleted,
    GenerationRequested,
    GenerationStarted,
    ImageGenerated,
    ModelFile,
    Recipe,
)
from ddesk.events.ids import new_id
from ddesk.events.image import ImageAdded, ImageThumbnailMade
from ddesk.events.job import JobCompleted, JobEnqueued, JobStarted
from ddesk.store.writer import Append

PROMPT = "a blue robot at night, in the rain, neon lights, wide shot, cinematic, 35 mm"
HASH = "5f" * 32
PRESET = new_id()
MODEL_FILES = (ModelFile("diffusion", "starter-flux.gguf", 2_413_952, HASH), ModelFile("vae", "tae.gguf", 98_304, HASH))


COMMANDS = 6
"""How many there are for each generation."""


def stories(generations: int) -> list[Append]:
    """Six commands and nine events for each generation."""
    return [command for _ in range(generations) for command in _story()]


def _story() -> Iterator[Append]:
    generation, image, job = new_id(), new_id(), new_id()
    at = {"generation": f"generation-{generation}", "image": f"image-{image}", "job": f"job-{job}"}

    def command(*events: tuple[str, Event]) -> Append:
        origin = Origin(command_id=new_id(), correlation_id=generation, actor="desk")
        return Append(origin, {}, tuple(NewEvent(at[kind], event) for kind, event in events))

    yield command(("generation", _requested()))
    yield command(("generation", _started()))
    yield command(
        ("generation", _generated(image)), ("image", _added(generation)), ("generation", GenerationCompleted(2.25))
    )
    yield command(("job", JobEnqueued(kind="thumbnail", subjects=(image,))))
    yield command(("job", JobStarted(1)))
    thumbnail = ImageThumbnailMade(width=320, height=320, file_size=9001)
    yield command(("image", thumbnail), ("job", JobCompleted(0.03)))


def _requested() -> Event:
    recipe = Recipe(
        preset_id=PRESET,
        preset_name="Starter (toy pictures)",
        model_files=MODEL_FILES,
        sampler="euler",
        sigma_schedule="simple",
        steps=12,
        cfg=1.5,
        guidance=3.5,
        seed=4_294_967_295,
        width=128,
        height=128,
        batch=1,
    )
    return GenerationRequested(recipe=recipe, placement="back", prompt=PROMPT, resolved_prompt=PROMPT)


def _started() -> Event:
    engine = Engine(name="stable-diffusion.cpp", version="0.4.7", backend="CPU")
    return GenerationStarted(worker="image", engine=engine, attempt=1, index=0)


def _generated(image: str) -> Event:
    return ImageGenerated(
        image_id=image,
        index=0,
        seed=7,
        pixels_sha256=HASH,
        seconds=2.1,
        peak_mb=412.5,
        buffers_mb={"diffusion": 210.25, "vae": 0.5},
    )


def _added(generation: str) -> Event:
    return ImageAdded(
        generation_id=generation,
        index=0,
        seed=7,
        width=128,
        height=128,
        made_at=1_700_000_002_062_500,
        preset_id=PRESET,
        file_size=31_337,
        file_sha256=HASH,
        pixels_sha256=HASH,
    )
