"""What happens to one image preset: a named set of model files that make pictures together."""

from msgspec import Struct

from ddesk.events.generation import ModelFile


class ImageDefaults(Struct, frozen=True, kw_only=True):
    """What the form starts with when the preset is chosen. `multiple` is what sizes snap to, in pixels."""

    width: int
    height: int
    steps: int
    cfg: float
    guidance: float
    sampler: str
    sigma_schedule: str
    multiple: int


class ImagePresetCreated(Struct, frozen=True, tag=True, kw_only=True):
    name: str
    family: str
    model_files: tuple[ModelFile, ...]
    defaults: ImageDefaults
    notes: str = ""


PresetEvent = ImagePresetCreated
