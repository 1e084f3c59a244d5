"""Making a picture, as the memory planner sees it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from msgspec import Struct

from ddesk.app.handle import Step
from ddesk.app.image_needs import ImageNeeds
from ddesk.app.model_check import ModelCheck, Problem
from ddesk.app.planner import PREFIX
from ddesk.app.wanted import Wanted
from ddesk.domain.memory import MITIGATIONS
from ddesk.domain.memory_story import RecordMemory, memory_story
from ddesk.domain.needs import Alternative, ImageSize
from ddesk.domain.placement import Plan
from ddesk.events.memory import MemoryMeasured, Purpose
from ddesk.events.preset import ImagePreset
from ddesk.protocol.messages import ImageMade, ModelSpec

OWNER = "image"
"""The worker that makes pictures."""


Presets = Callable[[], Iterable[tuple[str, ImagePreset]]]
"""Those that are offered, by their ids."""


class Picture(Struct, frozen=True, kw_only=True):
    """One picture, in pixels; those of a batch are made one after the other."""

    width: int
    height: int
    generation_id: str | None = None


def image_work(
    needs: ImageNeeds,
    model: ModelSpec,
    preset: ImagePreset,
    picture: Picture,
    *,
    purpose: Purpose = "picture",
    careful: Sequence[str] = (),
    ran_out: bool = False,
    presets: Presets = tuple,
) -> Wanted:
    """What a picture by a preset's model wants. `careful` are mitigations that it has besides those of the preset;
    `presets` are those that may be offered in its place.
    """
    size = ImageSize(width=picture.width, height=picture.height)

    def others(backend: str) -> Iterator[Alternative]:
        for id_, each in presets():
            if id_ != model.preset_id:
                yield Alternative(name=f"the preset “{each.name}”", need=needs.need(each, size, backend))

    return Wanted(
        owner=OWNER,
        purpose=purpose,
        preset_id=model.preset_id,
        model=model,
        need=partial(needs.need, preset, size),
        smaller=partial(needs.smaller, preset, size),
        others=others,
        chosen=tuple(each for each in MITIGATIONS if each in preset.memory_flags or each in careful),
        ran_out=ran_out,
        generation_id=picture.generation_id,
        width=picture.width,
        height=picture.height,
    )


def measured_step(plan: Plan, generation_id: str, image_id: str, made: ImageMade) -> Sequence[Step]:
    """What it took beside what was predicted; nothing where nothing was measured, or more was counted on than that."""
    if not made.peak_mb or plan.conservative:
        return ()
    event = MemoryMeasured(
        preset_id=plan.preset_id,
        generation_id=generation_id,
        image_id=image_id,
        device=plan.device,
        width=made.width,
        height=made.height,
        predicted_mb=round(plan.usage.device_mb - plan.margin_mb, 1),
        measured_mb=round(made.peak_mb, 1),
        known=plan.need.known,
    )
    return (Step(PREFIX + plan.owner, memory_story, RecordMemory(event)),)


class ImageModels:
    """Presets as something to have in memory, ahead of any picture."""

    def __init__(self, models: ModelCheck, needs: ImageNeeds) -> None:
        self._models = models
        self._needs = needs

    def loaded(self, preset_id: str, purpose: Purpose) -> Wanted:
        """As for a picture of the preset's own size. Raises NotFound where there is no such preset any more."""
        preset = self._models.offered(preset_id)
        picture = Picture(width=preset.defaults.width, height=preset.defaults.height)
        return image_work(self._needs, self._models.spec(preset_id, preset), preset, picture, purpose=purpose)

    async def problem(self, preset_id: str) -> Problem | None:
        """Why it can't be loaded. Raises NotFound."""
        return await self._models.problem(self._models.preset(preset_id))
