"""What pictures of a preset need in memory: by what earlier ones took, else by the defaults."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce

import apsw

from ddesk.domain import footprint
from ddesk.domain.estimates import Estimates
from ddesk.domain.footprint import Footprints, Measurement, buffer_key, by_phase
from ddesk.domain.memory import MIB, Component, Need
from ddesk.domain.needs import Alternative, ImageModel, ImageSize, Knowledge, image_need, smaller_sizes
from ddesk.events.preset import ImagePreset
from ddesk.projections import footprints
from ddesk.projections.footprints import FootprintRow

_COMPONENTS: Mapping[str, Component] = {"diffusion_model": "diffusion", "text_encoders": "text_encoders", "vae": "vae"}
"""The engine's names of what it loaded; the rest of them compute with the diffusion model."""
_PARTS: Mapping[str, Component] = {"diffusion": "diffusion", "model": "diffusion", "vae": "vae", "taesd": "vae"}
"""Of a preset's files; all others are text encoders."""

_NEXT_PRECISION = 2.1
"""Twice, and some more for headers and the engine's rounding."""

Headers = Callable[[ImagePreset], Mapping[Component, float] | None]
"""The exact weights by component, in MiB, where the files' headers were read."""


def by_size(preset: ImagePreset) -> Mapping[Component, float]:
    """Headers are a thousandth of these files: their sizes stand for the weights until something exacter is known."""
    return _sums((_PARTS.get(file.part, "text_encoders"), file.size / MIB) for file in preset.model_files)


def _with_loras(weights_mb: Mapping[Component, float], mb: float) -> dict[Component, float]:
    """They lie beside the diffusion model, whose layers they change as they are computed."""
    return _sums((*weights_mb.items(), ("diffusion", mb)))


class ImageNeeds:
    def __init__(self, read_models: apsw.Connection, estimates: Estimates, headers: Headers = by_size) -> None:
        self.estimates = estimates
        self._read_models = read_models
        self._headers = headers
        self._learned: dict[str, tuple[int, Footprints]] = {}

    def need(self, preset: ImagePreset, size: ImageSize, backend: str) -> Need:
        """On a device of that backend."""
        model = self._model(preset)
        return image_need(model, size, self._knowledge(model, backend))

    def smaller(self, preset: ImagePreset, size: ImageSize, backend: str) -> Iterator[Alternative]:
        """Sizes that need less, the largest first."""
        model = self._model(preset)
        return smaller_sizes(model, size, self._knowledge(model, backend), step=preset.defaults.multiple)

    def measured(self, preset: ImagePreset, backend: str) -> int:
        """How many pictures the prediction rests on."""
        model = self._model(preset)
        return len(self._footprints(model).buffers.get(buffer_key(model.family, backend, "process"), ()))

    def _knowledge(self, model: ImageModel, backend: str) -> Knowledge:
        return Knowledge(estimates=self.estimates, footprints=self._footprints(model), backend=backend)

    def _model(self, preset: ImagePreset) -> ImageModel:
        has_tiny_decoder = any(file.part == "taesd" for file in preset.model_files)
        flags = [each for each in preset.memory_flags if each == "flash_attention"]
        return ImageModel(
            signature=footprints.signature(preset.model_files, preset.loras),
            family=preset.family,
            headers_mb=_with_loras(self._headers(preset) or by_size(preset), footprints.loras_mb(preset.loras)),
            settings=(*flags, *(["taesd"] if has_tiny_decoder else [])),
        )

    def _footprints(self, model: ImageModel) -> Footprints:
        """What models of about this one's weight teach: a family has tiny ones and huge ones, of other buffers.

        Learned anew once another picture was measured: a fold of a few hundred rows.
        """
        newest = footprints.newest(self._read_models)
        at, learned = self._learned.get(model.signature, (-1, Footprints()))
        if at != newest:
            runs = [_measurement(row, self.estimates) for row in footprints.measured(self._read_models)]
            alike = [
                run for run in runs if run.signature == model.signature or _alike(run.weights_mb, model.headers_mb)
            ]
            learned = reduce(footprint.learn, alike, Footprints())
            self._learned[model.signature] = (newest, learned)
        return learned


def _measurement(row: FootprintRow, estimates: Estimates) -> Measurement:
    return Measurement(
        signature=row.signature,
        family=row.family,
        backend=row.backend.lower(),
        megapixels=row.megapixels,
        weights_mb=_with_loras(
            _sums((_COMPONENTS.get(name, "diffusion"), mb) for name, mb in row.weights_mb.items()), row.loras_mb
        ),
        buffers_mb=by_phase(dict(row.buffers_mb), estimates.buffers),
        peak_mb=row.peak_mb,
        settings=(*row.settings, *(["taesd"] if "taesd" in row.buffers_mb else [])),
    )


def _alike(one: Mapping[Component, float], other: Mapping[Component, float]) -> bool:
    """Whether their diffusion models may be the same in two precisions, which are twice as large each as the next."""
    lighter, heavier = sorted((one.get("diffusion", 0.0), other.get("diffusion", 0.0)))
    return heavier <= _NEXT_PRECISION * lighter


def _sums(sizes: Iterable[tuple[Component, float]]) -> dict[Component, float]:
    found: dict[Component, float] = {}
    for component, mb in sizes:
        found[component] = found.get(component, 0.0) + mb
    return found
