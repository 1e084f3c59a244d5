"""What the planner assumes before it has measured: the shape of `defaults/memory.toml`, which explains each value."""

from msgspec import Struct, field


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """A size in MiB that grows with the picture."""

    base: float
    per_megapixel: float

    def at(self, megapixels: float) -> float:
        return self.base + self.per_megapixel * megapixels


class Safety(Struct, frozen=True, forbid_unknown_fields=True):
    minimum: float
    estimated: float
    learned: float
    ram: float


class Process(Struct, frozen=True, forbid_unknown_fields=True):
    cpu: float
    gpu: float


class Family(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a family of models differs; None where it doesn't."""

    text_encoding: Line | None = None
    sampling: Line | None = None
    decoding: Line | None = None


class ImageEstimates(Struct, frozen=True, forbid_unknown_fields=True):
    tile_megapixels: float
    text_encoding: Line
    sampling: Line
    decoding: Line
    tiny_decoding: Line
    segment: float
    families: dict[str, Family] = {}


class LanguageEstimates(Struct, frozen=True, forbid_unknown_fields=True):
    compute: float
    batch: int
    per_thousand: float
    projector: float


class Cost(Struct, frozen=True, forbid_unknown_fields=True):
    seconds: float
    per_gib: float

    def of(self, mb: float) -> float:
        """Seconds, where it frees or moves so many MiB."""
        return self.seconds + self.per_gib * mb / 1024


class Retry(Struct, frozen=True, forbid_unknown_fields=True):
    compute: float


class Buffers(Struct, frozen=True, forbid_unknown_fields=True):
    text_encoding: tuple[str, ...]
    decoding: tuple[str, ...]


class Costs(Struct, frozen=True, forbid_unknown_fields=True):
    """Of each rung, by its name."""

    soft_unload: Cost
    hard_unload: Cost
    text_encoders_on_cpu: Cost
    vae_tiling: Cost
    vae_on_cpu: Cost
    weights_in_ram: Cost
    segmented_graph: Cost


class Estimates(Struct, frozen=True, forbid_unknown_fields=True):
    safety: Safety
    process: Process
    image: ImageEstimates
    language: LanguageEstimates
    costs: Costs = field(name="cost")
    retry: Retry
    buffers: Buffers
