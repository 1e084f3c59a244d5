"""What happens to one image preset: a named set of model files that make pictures together."""

from typing import Literal

from msgspec import Struct

from ddesk.events.generation import Lora, ModelFile


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


MemoryFlag = Literal[
    "text_encoders_on_cpu", "vae_tiling", "vae_on_cpu", "weights_in_ram", "segmented_graph", "flash_attention"
]


class ImagePreset(Struct, frozen=True, kw_only=True):
    """What a preset consists of, apart from a person's notes. `memory_flags` are always on, whether or not memory is
    short. `cover` is the id of the picture that stands for it, empty for none.
    """

    name: str
    family: str
    model_files: tuple[ModelFile, ...]
    defaults: ImageDefaults
    memory_flags: tuple[MemoryFlag, ...] = ()
    loras: tuple[Lora, ...] = ()
    cover: str = ""


class ImagePresetCreated(Struct, frozen=True, tag=True, kw_only=True):
    """Until schema version 2 the fields of `content` stood here themselves."""

    content: ImagePreset
    notes: str = ""


class ImagePresetEdited(Struct, frozen=True, tag=True, kw_only=True):
    """All of it, as it is from now on."""

    content: ImagePreset
    notes: str = ""


class ImagePresetDeleted(Struct, frozen=True, tag=True):
    """Its files stay where they are, and pictures that it made still name it."""


class ImagePresetRestored(Struct, frozen=True, tag=True):
    pass


PresetEvent = ImagePresetCreated | ImagePresetEdited | ImagePresetDeleted | ImagePresetRestored
