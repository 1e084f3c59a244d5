"""What was learned of memory from runs that were measured. Sizes are in MiB; adding a measurement is a pure function.

Weights are known by preset signature and backend. Compute buffers are known by family and backend, so that a preset
profits from what others of its family measured; so is what the worker's process takes besides, which is about the same
for any size: it is the median of the three measurements that were nearest in size.

A size that was not measured is read off a robust line over megapixels × batch (`robust_line.py`) where the sizes that
were measured differ enough to tell its slope, by a quarter at least; else the estimate is scaled by what was measured.
"""

from collections.abc import Iterable, Sequence
from statistics import median

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.estimates import Buffers, Line
from ddesk.domain.memory import (
    COMPUTES_WITH,
    MITIGATIONS,
    Component,
    Known,
    Need,
    Phase,
    PhaseName,
    usage,
    usage_in_ram,
)
from ddesk.domain.robust_line import Point, fit

KEPT = 64
"""Measurements by key; the oldest are forgotten."""

_TELLING = 1.25
"""The largest size over the smallest, from which on a slope can be told from noise."""

_VARIES_BY: dict[str, set[str]] = {
    "sampling": {"flash_attention", "segmented_graph"},
    "highres": {"flash_attention", "segmented_graph"},
    "decoding": {"taesd", "vae_tiling", "segmented_graph"},
    "text_encoding": {"segmented_graph"},
    "answering": {"flash_attention"},
    "process": set(),
}
"""The settings that change the size of each phase's buffer."""


class Footprints(Struct, frozen=True, kw_only=True):
    """`weights_mb` by signature and backend; `buffers` by family, backend, phase and what it varies by."""

    weights_mb: dict[str, dict[Component, float]] = {}
    buffers: dict[str, tuple[Point, ...]] = {}


class Measurement(Struct, frozen=True, kw_only=True):
    """What one run was seen to take on its backend. `megapixels` are those of its last pass, for all
    frames that were computed at once.

    `buffers_mb` and `weights_mb` are the engine's own figures, `peak_mb` the most that its process held on the device.
    `settings` are mitigations, and flags such as `flash_attention` and `taesd`.
    """

    signature: str
    family: str
    backend: str
    megapixels: float
    weights_mb: dict[Component, float]
    buffers_mb: dict[PhaseName, float]
    peak_mb: float
    settings: tuple[str, ...] = ()


class Prediction(Struct, frozen=True):
    mb: float
    known: Known


def phase_of(buffer: str, buffers: Buffers) -> PhaseName:
    """The phase that a buffer of this name in the engine's log belongs to."""
    if buffer in buffers.text_encoding:
        return "text_encoding"
    return "decoding" if buffer in buffers.decoding else "sampling"


def by_phase(named_mb: dict[str, float], buffers: Buffers) -> dict[PhaseName, float]:
    """The largest buffer of each phase, from the engine's own names."""
    largest: dict[PhaseName, float] = {}
    for name, mb in named_mb.items():
        phase = phase_of(name, buffers)
        largest[phase] = max(largest.get(phase, 0.0), mb)
    return largest


def learn(footprints: Footprints, run: Measurement) -> Footprints:
    """With this run. A phase that ran on the processor is no news of the device's backend."""
    seen: dict[str, float] = {phase: mb for phase, mb in run.buffers_mb.items() if not _elsewhere(phase, run)}
    if _explains_its_peak(run):
        seen["process"] = max(run.peak_mb - _accounted(run), 0.0)
    buffers = dict(footprints.buffers)
    for phase, mb in seen.items():
        key = buffer_key(run.family, run.backend, phase, run.settings)
        buffers[key] = (*buffers.get(key, ()), Point(run.megapixels, mb))[-KEPT:]
    weights = {_key(run.signature, run.backend): run.weights_mb} if run.weights_mb else {}
    return replace(footprints, weights_mb=footprints.weights_mb | weights, buffers=buffers)


def weights(
    footprints: Footprints, signature: str, backend: str, headers_mb: dict[Component, float]
) -> dict[Component, float]:
    """As measured for the whole preset, else as its files' headers say."""
    return footprints.weights_mb.get(_key(signature, backend), headers_mb)


def buffer(footprints: Footprints, key: str, estimate: Line, megapixels: float) -> Prediction:
    """A phase's buffer at a size, from what was measured under this key."""
    points = footprints.buffers.get(key, ())
    if not points:
        return Prediction(estimate.at(megapixels), "estimated")
    if _tell_a_slope(points):
        return Prediction(fit(points).at(megapixels), "learned")
    factor = median(point.y / max(estimate.at(point.x), 1.0) for point in points)
    return Prediction(factor * max(estimate.at(megapixels), 1.0), "scaled")


def level(footprints: Footprints, key: str, estimate: float, megapixels: float) -> Prediction:
    """What the process takes besides. Small buffers may come out of memory that it has already: so, of the nearest."""
    points = footprints.buffers.get(key, ())
    if not points:
        return Prediction(estimate, "estimated")
    nearest = sorted(points, key=lambda point: _apart(point.x, megapixels))[:3]
    return Prediction(median(point.y for point in nearest), "learned")


def _apart(x: float, y: float) -> float:
    """How many times the larger size is the smaller."""
    return max(x, y) / max(min(x, y), 1e-6)


def buffer_key(family: str, backend: str, phase: str, settings: Iterable[str] = ()) -> str:
    return _key(family, backend, phase, *sorted(_VARIES_BY[phase].intersection(settings)))


def _key(*parts: str) -> str:
    return "/".join(parts)


def _tell_a_slope(points: Sequence[Point]) -> bool:
    sizes = [point.x for point in points]
    return min(sizes) > 0 and max(sizes) >= _TELLING * min(sizes)


def _elsewhere(phase: PhaseName, run: Measurement) -> bool:
    on_cpu = {"text_encoding": "text_encoders_on_cpu", "decoding": "vae_on_cpu"}
    return run.backend != "cpu" and on_cpu.get(phase, "") in run.settings


def _explains_its_peak(run: Measurement) -> bool:
    """Of a segmented graph it isn't known how much of the weights was on the device."""
    return bool(run.peak_mb and run.weights_mb and run.buffers_mb) and "segmented_graph" not in run.settings


def _accounted(run: Measurement) -> float:
    """What weights and buffers explain of the peak."""
    phases = tuple(
        Phase(name=name, component=COMPUTES_WITH[name], compute_mb=mb) for name, mb in run.buffers_mb.items()
    )
    need = Need(weights_mb=run.weights_mb, phases=phases)
    mitigations = [each for each in MITIGATIONS if each in run.settings]
    return (usage_in_ram if run.backend == "cpu" else usage)(need, mitigations).device_mb
