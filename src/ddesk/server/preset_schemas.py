"""What the API takes and gives of image presets. Sizes are in pixels or bytes as named."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from ddesk.events.preset import MemoryFlag
from ddesk.server.schemas import Text

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Steps = Annotated[int, Meta(ge=1, le=150)]
Strength = Annotated[float, Meta(ge=0, le=30)]
Files = Annotated[dict[str, Annotated[str, Meta(max_length=64)]], Meta(min_length=1, max_length=16)]
"""Ids of model files by part."""
LoraStrength = Annotated[float, Meta(ge=-10, le=10)]
Flags = Annotated[list[MemoryFlag], Meta(max_length=6)]

FORMAT, VERSION = "ddesk-image-preset", 1
"""Of the documents that presets travel in."""


class PresetFile(Struct, frozen=True, kw_only=True):
    """A model file of a preset; `id` is that which the list of model files has for what lies in its place."""

    part: str
    name: str
    size: int
    sha256: str
    id: str


class PresetLora(PresetFile, frozen=True, kw_only=True):
    strength: float


class ImagePreset(Struct, frozen=True, kw_only=True):
    """What the form starts with. `available` is false where a file is missing; `problem` then says which.

    `memory_flags` are always on, whether or not memory is short. `cover` is the id of the picture that stands for it;
    `cover_address` is where that is shown, null where it was removed since.
    """

    id: str
    name: str
    family: str
    notes: str
    width: int
    height: int
    steps: int
    cfg: float
    guidance: float
    sampler: str
    sigma_schedule: str
    multiple: int
    memory_flags: list[MemoryFlag]
    cover: str | None
    cover_address: str | None
    files: list[PresetFile]
    loras: list[PresetLora]
    size_mb: float
    available: bool
    problem: str


class LoraChoice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A LoRA, by its id in the list of model files. At a strength of 1 it does what it was trained for."""

    id: Annotated[str, Meta(max_length=64)]
    strength: LoraStrength = 1.0


class _Choices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    notes: Text | UnsetType = UNSET
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    steps: Steps | UnsetType = UNSET
    cfg: Strength | UnsetType = UNSET
    guidance: Strength | UnsetType = UNSET
    sampler: str | UnsetType = UNSET
    sigma_schedule: str | UnsetType = UNSET
    memory_flags: Flags | UnsetType = UNSET
    loras: Annotated[list[LoraChoice], Meta(max_length=16)] | UnsetType = UNSET
    cover: Annotated[str, Meta(pattern="^[A-Za-z0-9-]{0,36}$")] | UnsetType = UNSET


class PresetCreation(_Choices, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`files` are ids of model files by part, which make a model together. What is left out is its family's default."""

    name: Name
    files: Files


class PresetEdit(_Choices, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is; an empty `cover` takes it off."""

    name: Name | UnsetType = UNSET
    files: Files | UnsetType = UNSET


class PresetEstimation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A preset that is still being assembled: its files need not be whole. Without a size, its family's default."""

    files: Files
    width: Annotated[int, Meta(ge=64, le=4096)] | None = None
    height: Annotated[int, Meta(ge=64, le=4096)] | None = None
    memory_flags: Flags = []
    loras: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=16)] = []
    """Ids of model files."""


class DocumentFile(Struct, frozen=True, kw_only=True):
    """A file is found by its hash, else by name and size."""

    part: Annotated[str, Meta(max_length=32)]
    name: Annotated[str, Meta(max_length=1000)]
    size: Annotated[int, Meta(ge=0)]
    sha256: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")]


class DocumentLora(DocumentFile, frozen=True, kw_only=True):
    strength: LoraStrength


class DocumentDefaults(Struct, frozen=True, kw_only=True):
    width: int
    height: int
    steps: Steps
    cfg: Strength
    guidance: Strength
    sampler: str
    sigma_schedule: str
    multiple: Annotated[int, Meta(ge=1, le=1024)]


class PresetDocument(Struct, frozen=True, kw_only=True):
    """An image preset as it travels to another desk. Fields of a later version are passed over; another `version` is
    another shape.
    """

    format: str
    version: int
    name: Name
    family: str
    notes: Text
    files: Annotated[list[DocumentFile], Meta(min_length=1, max_length=16)]
    defaults: DocumentDefaults
    memory_flags: Flags
    loras: Annotated[list[DocumentLora], Meta(max_length=16)] = []
