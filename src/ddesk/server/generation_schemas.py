"""What the API takes and gives of generations and of the queue. Sizes are in pixels, times ISO 8601 in UTC."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ddesk.server.schemas import Id, Text

Status = Literal["queued", "running", "completed", "failed", "cancelled", "interrupted"]


class GenerationRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out takes the preset's default; without a seed, or with −1, the desk draws one.

    `id` makes the request idempotent: the same id again gives the same generation.
    """

    prompt: Text
    negative_prompt: Text = ""
    id: Id | UnsetType = UNSET
    preset: str = ""
    seed: Annotated[int, Meta(ge=-1, le=2**32 - 1)] = -1
    steps: Annotated[int, Meta(ge=1, le=150)] | None = None
    cfg: Annotated[float, Meta(ge=0, le=30)] | None = None
    guidance: Annotated[float, Meta(ge=0, le=30)] | None = None
    sampler: str | None = None
    sigma_schedule: str | None = None
    width: int | None = None
    height: int | None = None
    batch: Annotated[int, Meta(ge=1, le=8)] = 1
    placement: Literal["back", "front"] = "back"


class Recipe(Struct, frozen=True, kw_only=True):
    """Everything that made, or will make, the pictures of a generation."""

    prompt: str
    negative_prompt: str
    preset: str
    preset_name: str
    sampler: str
    sigma_schedule: str
    steps: int
    cfg: float
    guidance: float
    seed: int
    width: int
    height: int
    batch: int


class Failure(Struct, frozen=True, kw_only=True):
    code: str
    words: str


class Generation(Struct, frozen=True, kw_only=True):
    """`images` are the ids of the pictures made so far. `failure` is present when failed or interrupted."""

    id: str
    status: Status
    recipe: Recipe
    images: list[str]
    requested_at: str
    started_at: str | None
    ended_at: str | None
    attempts: int
    failure: Failure | None


class Queue(Struct, frozen=True, kw_only=True):
    """`running` first, then `queued` in the order in which they will be made; `interrupted` wait for a person."""

    paused: bool
    running: list[Generation]
    queued: list[Generation]
    interrupted: list[Generation]


class Reorder(Struct, frozen=True, forbid_unknown_fields=True):
    """These waiting generations take each other's places, in this order."""

    generations: Annotated[list[Id], Meta(min_length=1, max_length=1000)]


class Cleared(Struct, frozen=True):
    cancelled: list[str]


class Choice(Struct, frozen=True):
    """`id` is what a request names, `name` what people call it."""

    id: str
    name: str


class Choices(Struct, frozen=True, kw_only=True):
    """What the form may offer."""

    samplers: list[Choice]
    sigma_schedules: list[Choice]
    min_size: int
    max_size: int
    max_steps: int
    max_batch: int
    max_cfg: float
