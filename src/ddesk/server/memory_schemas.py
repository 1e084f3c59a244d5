"""What the API says of decisions about memory, and of what came of them. Sizes are in MiB, times ISO 8601 in UTC."""

from typing import Literal

from msgspec import Struct

Known = Literal["estimated", "scaled", "learned"]
"""How well a prediction was founded: on defaults, on pictures of one size, or on pictures of several."""


class MemoryPhase(Struct, frozen=True, kw_only=True):
    """One step of the work: the buffer that its computing takes, and the component that it computes with."""

    name: str
    component: str
    compute_mb: float


class MemoryStep(Struct, frozen=True, kw_only=True):
    """A rung of the ladder that was tried. `owner` is whose model goes, empty where none does.

    `saving_mb` is of the device, `saving_ram_mb` of the RAM beside it, negative where that is taken instead.
    """

    rung: str
    verdict: str
    saving_mb: float
    saving_ram_mb: float
    cost_seconds: float
    owner: str


class MemoryUnload(Struct, frozen=True, kw_only=True):
    """`soft` drops a model's context, `hard` the whole model."""

    owner: str
    preset_id: str
    depth: Literal["soft", "hard"]


class MemoryPlan(Struct, frozen=True, kw_only=True):
    """Where work runs, and what gives for it; or why it can't run. `position` is that of the event that holds it.

    `room_mb` is what it may use as things are, `available_mb` that once the unloads are done; `others_mb` is what other
    programs use. `needed_mb` is the peak with no rung taken, `planned_mb` that with those that were, both with
    `safety_mb`, which stays unused. `phases` follow one another, so that the largest buffer counts. Where it doesn't
    fit, `short_mb` (or `short_ram_mb`) is lacking, and `would_fit` names something smaller.
    """

    position: int
    planned_at: str
    purpose: Literal["picture", "answer", "prewarm", "asked"]
    preset_id: str
    generation_id: str | None
    width: int
    height: int
    device: str
    total_mb: float
    free_mb: float
    others_mb: float
    room_mb: float
    available_mb: float
    weights_mb: dict[str, float]
    phases: list[MemoryPhase]
    process_mb: float
    safety_mb: float
    context_mb: float
    needed_mb: float
    planned_mb: float
    planned_ram_mb: float
    max_vram_mb: float | None
    fits: bool
    known: Known
    steps: list[MemoryStep]
    unloads: list[MemoryUnload]
    mitigations: list[str]
    reload: bool
    conservative: bool
    short_mb: float
    short_ram_mb: float
    would_fit: str


class MemoryMeasurement(Struct, frozen=True, kw_only=True):
    """What a picture took at most. `error` is the prediction's, as a part of that: 0.1 if a tenth too high."""

    position: int
    measured_at: str
    generation_id: str
    image_id: str
    preset_id: str
    device: str
    width: int
    height: int
    predicted_mb: float
    measured_mb: float
    error: float
    known: Known


class GenerationMemory(Struct, frozen=True, kw_only=True):
    """A plan for each time that it was started, and a measurement of each picture; the first first."""

    plans: list[MemoryPlan]
    measured: list[MemoryMeasurement]
