"""What the API takes and gives. Times are ISO 8601 in UTC, sizes in pixels or bytes as named, memory in MiB."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

Item = TypeVar("Item")
Status = Literal["queued", "running", "completed", "failed", "cancelled", "interrupted"]
JobStatus = Status

Text = Annotated[str, Meta(max_length=20_000)]
Id = Annotated[str, Meta(pattern="^[A-Za-z0-9-]{1,36}$")]


class Page(Struct, Generic[Item], frozen=True):
    """One page of a list. `next` is the cursor of the following page, or null on the last."""

    items: list[Item]
    next: str | None


class Problem(Struct, frozen=True, kw_only=True):
    """An RFC 9457 problem document. `code` is stable; `title` and `detail` are for people; `advice` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    advice: str
    request_id: str
    facts: dict[str, Any] = {}


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


class Image(Struct, frozen=True, kw_only=True):
    """`seed` is this picture's own. `file` and `thumbnail` are addresses; `thumbnail` is null until its job has run."""

    id: str
    generation: str
    index: int
    seed: int
    width: int
    height: int
    made_at: str
    file_size: int
    pixels_sha256: str
    missing: bool
    file: str
    thumbnail: str | None
    recipe: Recipe


class ImagePreset(Struct, frozen=True, kw_only=True):
    """What the form starts with. `available` is false where a file is missing; `problem` then says which."""

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
    size_mb: float
    available: bool
    problem: str


class Job(Struct, frozen=True, kw_only=True):
    id: str
    kind: str
    subject: str
    status: JobStatus
    attempts: int
    enqueued_at: str
    ended_at: str | None
    failure: Failure | None


class RecordedEvent(Struct, frozen=True, kw_only=True):
    """One event of the log. `data` holds the private fields too, as far as they were not forgotten."""

    position: int
    type: str
    schema: int
    stream: str
    version: int
    actor: str
    recorded_at: str
    command_id: str
    correlation_id: str
    causation: int | None
    data: dict[str, Any]


class Memory(Struct, frozen=True, kw_only=True):
    device: str
    allocated_mb: float
    free_mb: float
    total_mb: float
    rss_mb: float


class Worker(Struct, frozen=True, kw_only=True):
    """A worker as it is now. `restarts` counts since the desk was opened."""

    kind: str
    pid: int | None
    state: Literal["starting", "idle", "loading", "busy", "down", "quarantined"]
    restarts: int
    engine: str
    engine_version: str
    backend: str
    model_loaded: str | None
    memory: Memory | None
    log_tail: str


class Projection(Struct, frozen=True, kw_only=True):
    """`stalled` names what went wrong, and is null while it keeps up."""

    name: str
    version: int
    position: int
    stalled: str | None


class System(Struct, frozen=True, kw_only=True):
    """`desk_mb` is the desk's own resident memory."""

    version: str
    data_dir: str
    started_at: str
    log_position: int
    desk_mb: float
    memory: Memory
    workers: list[Worker]
    projections: list[Projection]
    wal_mb: float


class Setting(Struct, frozen=True, kw_only=True):
    """`restart`: a change takes effect the next time the desk is opened. `kind` is that of its value."""

    key: str
    value: Any
    default: Any
    kind: Literal["text", "integer", "number", "boolean", "choice"]
    choices: list[str]
    help: str
    restart: bool


class SettingChange(Struct, frozen=True, forbid_unknown_fields=True):
    value: Any


class Health(Struct, frozen=True, kw_only=True):
    ok: bool
    service: str
    version: str
    model_loaded: str | None
    vram_allocated_mb: float
    vram_free_mb: float


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The one-time code from the launch address."""

    code: Annotated[str, Meta(max_length=200)]


class LaunchCode(Struct, frozen=True):
    """`url` opens the page and signs that browser in; it works once, within five minutes."""

    url: str


class Session(Struct, frozen=True):
    signed_in: bool
    version: str


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


# What /api/live says, each as one JSON text message with its `type` ------------------------------------------------


class LiveReady(Struct, frozen=True, tag="ready", kw_only=True):
    """First message. Events after the client's `after` follow, so that one that reconnects misses nothing.

    `reset` is true where too many were missed: the client reads its lists anew instead.
    """

    position: int
    reset: bool


class LiveEvent(Struct, frozen=True, tag="event", kw_only=True):
    event: RecordedEvent


class LiveProgress(Struct, frozen=True, tag="progress", kw_only=True):
    """`remaining_seconds` is for this picture, null while unknown. `image` of `batch` counts from 1."""

    generation: str
    phase: Literal["loading", "encoding", "sampling", "decoding", "saving"]
    step: int
    steps: int
    image: int
    batch: int
    steps_per_second: float | None
    elapsed_seconds: float
    remaining_seconds: float | None


class LiveMemory(Struct, frozen=True, tag="memory", kw_only=True):
    memory: Memory
    workers: list[Worker]


class LiveAlert(Struct, frozen=True, tag="alert", kw_only=True):
    """Something that a person should know: shown as a toast."""

    level: Literal["info", "warning", "error"]
    code: str
    title: str
    words: str
    generation: str | None = None


LiveMessage = LiveReady | LiveEvent | LiveProgress | LiveMemory | LiveAlert
"""A preview is a binary message instead: the generation's id (36 ASCII bytes, a shorter one filled up), then a JPEG."""
