"""What was decided about memory for each piece of work, and what it then took. Sizes are in MiB.

There is a stream for each worker that models are loaded by.
"""

from typing import Literal

from msgspec import Struct

Purpose = Literal["picture", "answer", "prewarm", "asked"]
"""What a model was wanted for; `asked`: a person wanted it loaded."""


class PlannedPhase(Struct, frozen=True, kw_only=True):
    """One step of the work: the buffer that its computing takes, and the component that it computes with."""

    name: str
    component: str
    compute_mb: float


class PlannedStep(Struct, frozen=True, kw_only=True):
    """A rung of the ladder that was tried. `owner` is whose model goes, empty where none does.

    `saving_mb` is of the device, `saving_ram_mb` of the RAM beside it, negative where that is taken instead.
    """

    rung: str
    verdict: str
    saving_mb: float
    saving_ram_mb: float = 0.0
    cost_seconds: float = 0.0
    owner: str = ""


class PlannedUnload(Struct, frozen=True, kw_only=True):
    owner: str
    preset_id: str
    depth: Literal["soft", "hard"]


class MemoryPlanned(Struct, frozen=True, tag=True, kw_only=True):
    """Where work runs, and what gives for it; or why it can't run.

    `room_mb` is what it may use as things are, `available_mb` that once the unloads are done; `others_mb` is what other
    programs use. `needed_mb` is the peak with no rung taken, `planned_mb` that with those that were, both with
    `safety_mb`, which stays unused: the prediction is `planned_mb - safety_mb`. Where it doesn't fit, `short_mb` (or
    `short_ram_mb`) is lacking, and `would_fit` names something smaller. `known`: whether this rests on defaults or on
    what was measured.
    """

    purpose: Purpose
    preset_id: str
    generation_id: str | None = None
    width: int = 0
    height: int = 0
    device: str
    total_mb: float
    free_mb: float
    others_mb: float
    room_mb: float
    available_mb: float
    weights_mb: dict[str, float]
    phases: tuple[PlannedPhase, ...]
    process_mb: float
    safety_mb: float
    needed_mb: float
    planned_mb: float
    fits: bool
    known: Literal["estimated", "scaled", "learned"]
    steps: tuple[PlannedStep, ...] = ()
    unloads: tuple[PlannedUnload, ...] = ()
    mitigations: tuple[str, ...] = ()
    reload: bool = True
    context_mb: float = 0.0
    planned_ram_mb: float = 0.0
    max_vram_mb: float | None = None
    short_mb: float = 0.0
    short_ram_mb: float = 0.0
    would_fit: str = ""
    conservative: bool = False


class MemoryMeasured(Struct, frozen=True, tag=True, kw_only=True):
    """What a picture took at most, beside what was predicted for it."""

    preset_id: str
    generation_id: str
    image_id: str
    device: str
    width: int
    height: int
    predicted_mb: float
    measured_mb: float
    known: Literal["estimated", "scaled", "learned"]


MemoryEvent = MemoryPlanned | MemoryMeasured
