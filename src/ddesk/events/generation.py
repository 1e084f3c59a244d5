"""What happens to one generation, from the request to its last picture.

The names of these types and of their fields are the storage format. Fields are only added, always with a default;
any other change is a new schema version with an upcaster (`upcast.py`).
"""

from typing import Literal

from msgspec import Struct

Kind = Literal["txt2img"]
Placement = Literal["back", "front"]
RetryReason = Literal["interrupted", "conservative", "asked", "undone"]


class ModelFile(Struct, frozen=True):
    """One file that a preset is made of. `size` is in bytes."""

    part: str
    name: str
    size: int
    sha256: str


class Lora(Struct, frozen=True, kw_only=True):
    """A LoRA that a model is used with: what it changes, times `strength`. At 1 it does what it was trained for."""

    file: ModelFile
    strength: float = 1.0


class Recipe(Struct, frozen=True, kw_only=True):
    """All choices that make a picture, apart from its words. `seed` is that of the first of `batch` pictures."""

    preset_id: str
    preset_name: str
    model_files: tuple[ModelFile, ...]
    sampler: str
    sigma_schedule: str
    steps: int
    cfg: float
    guidance: float
    seed: int
    width: int
    height: int
    batch: int
    kind: Kind = "txt2img"
    loras: tuple[Lora, ...] = ()


class GenerationRequested(Struct, frozen=True, tag=True, kw_only=True):
    """`prompt` is what was typed, `resolved_prompt` what the engine is given.

    `rerun_of` is the picture that it makes again, to be compared with it.
    """

    recipe: Recipe
    placement: Placement
    prompt: str = ""
    resolved_prompt: str = ""
    negative_prompt: str = ""
    rerun_of: str | None = None


class GenerationReprioritized(Struct, frozen=True, tag=True, omit_defaults=True):
    """`ahead` are those that stood before it, in order; None where that was not written down yet."""

    placement: Placement
    ahead: tuple[str, ...] | None = None


class Engine(Struct, frozen=True, kw_only=True):
    """What makes the pixels: the same recipe gives the same ones only where all of this is the same."""

    name: str
    version: str
    backend: str
    device: str = ""


class GenerationStarted(Struct, frozen=True, tag=True, kw_only=True):
    """`index` is the first picture of the batch that is still to be made.

    Until schema version 2 the facts of the engine stood here one by one, and the device was not known.
    """

    worker: str
    engine: Engine
    attempt: int
    index: int
    mitigations: tuple[str, ...] = ()


class GenerationRetried(Struct, frozen=True, tag=True, kw_only=True):
    """Back to the queue's front. `mitigations` are the conservative settings that the next attempt uses.

    Where a person asked, its losses are forgiven; where a cancel was `undone`, it goes on as if there had been none.
    `memory_ran_out`: the attempt before took more than was there, so the next is planned for more.
    """

    why: RetryReason
    mitigations: tuple[str, ...] = ()
    memory_ran_out: bool = False


class ImageGenerated(Struct, frozen=True, tag=True, kw_only=True):
    """`pixels_sha256` is over the RGB bytes, row by row. `peak_mb` and `buffers_mb` are in MiB, as measured."""

    image_id: str
    index: int
    seed: int
    pixels_sha256: str
    seconds: float
    peak_mb: float = 0.0
    buffers_mb: dict[str, float] = {}


class GenerationCompleted(Struct, frozen=True, tag=True):
    seconds: float


class GenerationFailed(Struct, frozen=True, tag=True, kw_only=True):
    """`code` is stable and for programs, `words` are for people."""

    code: str
    words: str
    detail: str = ""


class GenerationCancelled(Struct, frozen=True, tag=True, omit_defaults=True):
    """`ahead` are those that stood before it in the queue, in order; None where it had no place there."""

    ahead: tuple[str, ...] | None = None


class GenerationInterrupted(Struct, frozen=True, tag=True, kw_only=True):
    """The desk or the worker died under it."""

    why: str
    words: str


GenerationEvent = (
    GenerationRequested
    | GenerationReprioritized
    | GenerationStarted
    | GenerationRetried
    | ImageGenerated
    | GenerationCompleted
    | GenerationFailed
    | GenerationCancelled
    | GenerationInterrupted
)
