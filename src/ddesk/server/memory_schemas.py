"""What the API says of memory: who has what, what work would take, what was decided. In MiB; times in ISO 8601."""

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


class Holder(Struct, frozen=True, kw_only=True):
    """What one worker has in memory, in MiB: its model on the device and in RAM beside it, and its process.

    `soft_mb` of the model is a context that can be dropped alone; `mitigations` are what it was loaded with.
    """

    owner: str
    preset_id: str | None
    preset: str | None
    mb: float
    ram_mb: float
    soft_mb: float
    process_mb: float
    busy: bool
    mitigations: list[str]


class Memory(Struct, frozen=True, kw_only=True):
    """As a worker reports it, in MiB: what it has on its device, what is free there, and its share of the RAM."""

    device: str
    allocated_mb: float
    free_mb: float
    total_mb: float
    rss_mb: float


class DeviceMemory(Struct, frozen=True, kw_only=True):
    """Of the device that engines work on, in MiB; `rss_mb` is the desk's own.

    `committed_mb` of what is free is promised to work that has not taken it yet. `simulated`: the device is taken to be
    as large as someone said.
    """

    device: str
    allocated_mb: float
    free_mb: float
    total_mb: float
    rss_mb: float
    committed_mb: float
    simulated: bool
    owners: list[Holder]


class Unloading(Struct, frozen=True):
    """`soft` drops a language model's context alone."""

    depth: Literal["hard", "soft"] = "hard"


class Giving(Struct, frozen=True):
    """A rung of the ladder that would be taken: whose model goes, if one does, what that frees in MiB, and its cost."""

    rung: str
    owner: str
    saving_mb: float
    cost_seconds: float


class Estimate(Struct, frozen=True, kw_only=True):
    """What work would take, in MiB: at most `peak_mb`, of the `available_mb` that its worker holds or may have.

    `weights_mb` is by component and stays, and so does `context_mb`, a language model's KV cache; `compute_mb` is by
    phase, of which one is at work at a time; `safety_mb` stays unused. `known`: by the defaults alone, by pictures of
    one size, or by pictures of several; `measured` counts them. `gives` is what would have to give way. Where it
    doesn't fit all the same, `would_fit` names something smaller that does, if anything.
    """

    device: str
    total_mb: float
    available_mb: float
    peak_mb: float
    process_mb: float
    weights_mb: dict[str, float]
    context_mb: float
    compute_mb: dict[str, float]
    safety_mb: float
    known: Known
    measured: int
    fits: bool
    gives: list[Giving]
    would_fit: str | None
