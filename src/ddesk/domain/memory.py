"""What a piece of work needs in memory, by component and by phase, and where its parts lie. Sizes are in MiB.

Weights stay for as long as the model is loaded. Phases follow one another and free their compute buffers, so that the
largest of them counts and not their sum.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, get_args

from msgspec import Struct

MIB = 1 << 20

Component = Literal["text_encoders", "diffusion", "vae", "language", "projector"]
PhaseName = Literal["text_encoding", "sampling", "highres", "decoding", "answering"]
Known = Literal["estimated", "scaled", "learned"]
"""How well a prediction is founded: on the defaults, on measurements of one size, on measurements of several."""

Mitigation = Literal["text_encoders_on_cpu", "vae_tiling", "vae_on_cpu", "weights_in_ram", "segmented_graph"]
MITIGATIONS: tuple[Mitigation, ...] = get_args(Mitigation)
"""In the order of the ladder: each costs more than all before it."""

COMPUTES_WITH: Mapping[PhaseName, Component] = {
    "text_encoding": "text_encoders",
    "sampling": "diffusion",
    "highres": "diffusion",
    "decoding": "vae",
    "answering": "language",
}

Place = Literal["device", "cpu", "ram"]
"""`cpu`: it lies in RAM and is computed there. `ram`: it lies there, and comes to the device for its own phase."""


class Amount(Struct, frozen=True):
    """Memory of a device and of the RAM beside it, in MiB. Where the RAM is the device, all is `device_mb`."""

    device_mb: float = 0.0
    ram_mb: float = 0.0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.device_mb + other.device_mb, self.ram_mb + other.ram_mb)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.device_mb - other.device_mb, self.ram_mb - other.ram_mb)

    def fits_in(self, room: "Amount") -> bool:
        """RAM that is short already hinders only what wants some."""
        return self.device_mb <= room.device_mb and (self.ram_mb <= 0 or self.ram_mb <= room.ram_mb)

    def lacking_in(self, room: "Amount") -> "Amount":
        """How much more room it takes for this to fit."""
        lacking = self - room
        return Amount(max(lacking.device_mb, 0.0), max(lacking.ram_mb, 0.0) if self.ram_mb > 0 else 0.0)


class Phase(Struct, frozen=True, kw_only=True):
    """One step of the work, which computes with one component.

    `tiled_mb` is its compute buffer with VAE tiling, None where that changes nothing. `segment_mb` is how much of the
    component's weights a segmented graph keeps on the device at once, None where it can't be cut.
    """

    name: PhaseName
    component: Component
    compute_mb: float
    tiled_mb: float | None = None
    segment_mb: float | None = None


class Need(Struct, frozen=True, kw_only=True):
    """All that the work needs. `process_mb` is the worker itself, `context_mb` a language model's KV cache.

    On the device `safety_mb` stays unused, or `safety_part` of the largest compute buffer there if that is more;
    `ram_safety_mb` in the RAM beside it where something lies there.
    """

    weights_mb: Mapping[Component, float]
    phases: tuple[Phase, ...]
    process_mb: float = 0.0
    context_mb: float = 0.0
    safety_mb: float = 0.0
    safety_part: float = 0.0
    ram_safety_mb: float = 0.0
    known: Known = "estimated"


def usage(need: Need, mitigations: Collection[Mitigation] = ()) -> Amount:
    """What is in use at the peak, safety margins included, on a device that has RAM beside it."""
    resident = sum(mb for part, mb in need.weights_mb.items() if place(part, mitigations) == "device")
    in_ram = sum(need.weights_mb.values()) - resident
    fixed = need.process_mb + safety(need, mitigations)
    if place("language", mitigations) == "device":
        fixed += need.context_mb
    else:
        in_ram += need.context_mb
    peaks = [_peak(need, phase, mitigations) for phase in need.phases]
    in_ram += max((peak.ram_mb for peak in peaks), default=0.0)
    return Amount(
        fixed + resident + max((peak.device_mb for peak in peaks), default=0.0),
        in_ram + need.ram_safety_mb if in_ram else 0.0,
    )


def safety(need: Need, mitigations: Collection[Mitigation]) -> float:
    """What stays unused on the device: weights are known exactly, so what may be wrong is the largest buffer."""
    computed = (_compute(phase, mitigations) for phase in need.phases if place(phase.component, mitigations) != "cpu")
    return max(need.safety_mb, need.safety_part * max(computed, default=0.0))


def usage_in_ram(need: Need, mitigations: Collection[Mitigation] = ()) -> Amount:
    """The same where the RAM is the device: there only tiling changes anything."""
    return usage(need, in_ram(mitigations))


def in_ram(mitigations: Collection[Mitigation]) -> Sequence[Mitigation]:
    """Those that change anything where the RAM is the device."""
    return [each for each in mitigations if each == "vae_tiling"]


def place(component: Component, mitigations: Collection[Mitigation]) -> Place:
    """Where a component lies. A language model whose weights are in RAM is computed there, with its context."""
    match component:
        case "text_encoders" if "text_encoders_on_cpu" in mitigations:
            return "cpu"
        case "vae" if "vae_on_cpu" in mitigations:
            return "cpu"
        case "language" | "projector" if "weights_in_ram" in mitigations:
            return "cpu"
        case _:
            return "ram" if "weights_in_ram" in mitigations else "device"


def _peak(need: Need, phase: Phase, mitigations: Collection[Mitigation]) -> Amount:
    """What the phase needs beside the weights that stay."""
    compute = _compute(phase, mitigations)
    match place(phase.component, mitigations):
        case "device":
            return Amount(compute)
        case "cpu":
            return Amount(0.0, compute)
        case "ram":
            return Amount(compute + _brought(need, phase, mitigations))


def _compute(phase: Phase, mitigations: Collection[Mitigation]) -> float:
    if "vae_tiling" in mitigations and phase.tiled_mb is not None:
        return min(phase.compute_mb, phase.tiled_mb)
    return phase.compute_mb


def _brought(need: Need, phase: Phase, mitigations: Collection[Mitigation]) -> float:
    """The weights that come to the device for the phase. The engine cuts a graph only where they lie in RAM."""
    weights = need.weights_mb.get(phase.component, 0.0)
    if "segmented_graph" in mitigations and phase.segment_mb is not None:
        return min(weights, phase.segment_mb)
    return weights


class KvShape(Struct, frozen=True, kw_only=True):
    """What a language model's file says of its attention. `bytes_k` and `bytes_v` are those of one stored number."""

    layers: int
    kv_heads: int
    key_length: int
    value_length: int
    bytes_k: float = 2.0
    bytes_v: float = 2.0


def kv_bytes(shape: KvShape, context: int) -> int:
    """The exact size of the KV cache for `context` tokens, which the engine rounds up to a multiple of 256."""
    per_token = shape.bytes_k * shape.key_length + shape.bytes_v * shape.value_length
    return round(-(-context // 256) * 256 * shape.layers * shape.kv_heads * per_token)
