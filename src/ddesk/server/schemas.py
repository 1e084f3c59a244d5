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
    rating: int
    favorite: bool
    tags: list[str]
    trashed: bool
    missing: bool
    file: str
    thumbnail: str | None
    recipe: Recipe


class Rerun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do differently than then; what is left out is as it was."""

    sampler: str | None = None
    sigma_schedule: str | None = None
    steps: Annotated[int, Meta(ge=1, le=150)] | None = None
    cfg: Annotated[float, Meta(ge=0, le=30)] | None = None
    guidance: Annotated[float, Meta(ge=0, le=30)] | None = None
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = None


class Difference(Struct, frozen=True):
    """A fact that decides over pixels, such as `sampler`, `engine.version` or `model_files.vae.sha256`.

    Null is what is not known, or not there.
    """

    field: str
    then: str | int | float | None
    now: str | int | float | None


class Comparison(Struct, frozen=True, kw_only=True):
    """`rerun` is the picture that was made like `image`; `identical`: every pixel is the same."""

    image: str
    rerun: str
    identical: bool
    differing: list[Difference]


class ImageOrigin(Struct, frozen=True, kw_only=True):
    """Whether the same picture could be made again now, and which facts are no longer what they were.

    `exact`: all is as it was. `likely`: only the engine's version, backend, device or precautions differ.
    """

    verdict: Literal["exact", "likely", "cannot"]
    fields: list[Difference]


class Rating(Struct, frozen=True, forbid_unknown_fields=True):
    """1 to 5 stars; 0 takes them back."""

    rating: Annotated[int, Meta(ge=0, le=5)]


Tags = Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(min_length=1, max_length=100)]


class TagChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Tags are kept in lower case, with single spaces."""

    add: Tags | UnsetType = UNSET
    remove: Tags | UnsetType = UNSET


class Purge(Struct, frozen=True, forbid_unknown_fields=True):
    """With `forget`, what was said of the picture goes too, and its prompts where they made nothing that is left."""

    forget: bool = False


class Forgotten(Struct, frozen=True, kw_only=True):
    """So many events lost their private parts. `backups` are the copies of the log that still hold them."""

    events: int = 0
    backups: list[str] = []


class BulkChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do with many pictures. `rating` is for `rate`, `tags` for `tag` and `untag`, `forget` for `purge`."""

    action: Literal["rate", "favorite", "unfavorite", "tag", "untag", "trash", "restore", "purge"]
    images: Annotated[list[Id], Meta(min_length=1, max_length=100_000)]
    rating: Annotated[int, Meta(ge=0, le=5)] = 0
    tags: Tags | UnsetType = UNSET
    forget: bool = False


class BulkChanged(Struct, frozen=True):
    """`job` is the one that does it, where the pictures are many; null where it is done already."""

    job: str | None
    forgotten: Forgotten | UnsetType = UNSET


class Tag(Struct, frozen=True):
    """`count` is the number of pictures that have it."""

    name: str
    count: int


class Trash(Struct, frozen=True):
    """`size` is that of the pictures' files, in bytes."""

    count: int
    size: int


class UndoForce(Struct, frozen=True, forbid_unknown_fields=True):
    """`force` takes back what was changed since, too."""

    force: bool = False


class UndoRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that was done under this correlation id, or what `actor` did of it."""

    correlation_id: Annotated[str, Meta(min_length=1, max_length=200)]
    actor: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    force: bool = False


class Undoable(Struct, frozen=True):
    """`why_not` is a sentence, and empty where it can be undone."""

    undoable: bool
    why_not: str


class UndoneEvent(Struct, frozen=True):
    position: int
    type: str
    stream: str


class Undone(Struct, frozen=True, kw_only=True):
    """`undone` are the events that were. `position` is where the undo itself begins, by which it can be undone; null
    where nothing was left to undo. Where the events are many, `job` is the one that undoes them.
    """

    position: int | None
    undone: list[UndoneEvent]
    job: str | None


class Job(Struct, frozen=True, kw_only=True):
    """`subject` is the id of what it is about, the first of `total`; `done` of them are dealt with."""

    id: str
    kind: str
    subject: str
    total: int
    done: int
    status: JobStatus
    attempts: int
    enqueued_at: str
    ended_at: str | None
    failure: Failure | None


class BackupRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """`folder` is a path from the root on; empty takes that of the settings."""

    folder: Annotated[str, Meta(max_length=4096)] = ""


class Backup(Struct, frozen=True, kw_only=True):
    """A copy of the log that was checked when it was made. `position` and `hash` are those of its last event."""

    name: str
    folder: str
    position: int
    hash: str
    made_at: str
    program: str
    size: int


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


class Building(Struct, frozen=True):
    """So many of the events up to that position are read."""

    done: int
    total: int


class AsOf(Struct, frozen=True, kw_only=True):
    """The desk as of `position`, in a log that ends at `head`. `building` is null once it is there to be looked at.

    `recorded_at` and `type` are those of the event at `position`, and null before the first.
    """

    position: int
    head: int
    recorded_at: str | None
    type: str | None
    building: Building | None


class Mark(Struct, frozen=True, kw_only=True):
    """When the event at a position was recorded."""

    position: int
    recorded_at: str


class BringBack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`stream` is what to bring back: `image-…`, `image_preset-…`, `language_preset-…`, `queue` or, with the `key` of
    one, `settings`.
    """

    stream: Annotated[str, Meta(max_length=200)]
    key: str = ""


class BroughtBack(Struct, frozen=True):
    """`changed` is false where it was so already."""

    changed: bool


class StreamState(Struct, frozen=True, kw_only=True):
    """What a stream had come to: `version` counts its events up to the position `at`."""

    stream: str
    at: int
    version: int
    state: dict[str, Any]


class TimelineAbout(Struct, frozen=True, kw_only=True):
    """What a sentence needs besides the event. `images` are ids, of which those with a thumbnail have its address.

    `job` is the kind of the job that the event is of; `before`, what a rating or an edit replaced; `seconds`, how long
    a lost worker was away.
    """

    images: list[str]
    thumbnails: list[str]
    prompt: str | None
    preset: str | None
    job: str | None
    before: Any
    seconds: float | None


class TimelineGroup(Struct, frozen=True):
    """The events of the same command that were asked for, from position `first` to `last`, counted by type."""

    first: int
    last: int
    types: dict[str, int]


class TimelineEntry(RecordedEvent, frozen=True, kw_only=True):
    """An event that speaks for its group. `day` is that of the desk's clock, `why_not` a sentence where it can't be
    undone.
    """

    kind: str
    day: str
    about: TimelineAbout
    group: TimelineGroup
    undoable: bool
    why_not: str


class TimelineDay(Struct, frozen=True, kw_only=True):
    """`last` is the position of the day's newest event."""

    day: str
    last: int
    count: int


class TimelineCount(Struct, frozen=True, kw_only=True):
    name: str
    count: int


class TimelineCounts(Struct, frozen=True, kw_only=True):
    kinds: list[TimelineCount]
    actors: list[TimelineCount]


class EventStory(Struct, frozen=True, kw_only=True):
    """An event, what it came of, what came of it, and what the same command did besides.

    `before` and `after` are what its stream was then; null where the desk has no rules for such a stream.
    """

    event: TimelineEntry
    cause: TimelineEntry | None
    effects: list[TimelineEntry]
    together: list[TimelineEntry]
    before: Any
    after: Any


class Holder(Struct, frozen=True, kw_only=True):
    """What one worker has in memory, in MiB: its model on the device and in RAM beside it, and its process.

    `soft_mb` of the model is a context that can be dropped alone; `mitigations` are what it was loaded with.
    """

    owner: str
    preset_id: str | None
    preset: str | None
    mb: float
    ram_mb: float
    soft_mb: float
    process_mb: float
    busy: bool
    mitigations: list[str]


class Memory(Struct, frozen=True, kw_only=True):
    """As a worker reports it, in MiB: what it has on its device, what is free there, and its share of the RAM."""

    device: str
    allocated_mb: float
    free_mb: float
    total_mb: float
    rss_mb: float


class DeviceMemory(Struct, frozen=True, kw_only=True):
    """Of the device that engines work on, in MiB; `rss_mb` is the desk's own.

    `committed_mb` of what is free is promised to work that has not taken it yet. `simulated`: the device is taken to be
    as large as someone said.
    """

    device: str
    allocated_mb: float
    free_mb: float
    total_mb: float
    rss_mb: float
    committed_mb: float
    simulated: bool
    owners: list[Holder]


class Worker(Struct, frozen=True, kw_only=True):
    """A worker as it is now. `restarts` counts since the desk was opened; `problem` says why it is down."""

    kind: str
    pid: int | None
    state: Literal["starting", "idle", "loading", "busy", "down", "quarantined"]
    restarts: int
    engine: str
    engine_version: str
    backend: str
    model_loaded: str | None
    memory: Memory | None
    problem: str
    log_tail: str


class Projection(Struct, frozen=True, kw_only=True):
    """`stalled` names what went wrong, and is null while it keeps up."""

    name: str
    version: int
    position: int
    stalled: str | None


class Unloading(Struct, frozen=True):
    """`soft` drops a language model's context alone."""

    depth: Literal["hard", "soft"] = "hard"


class Giving(Struct, frozen=True):
    """A rung of the ladder that would be taken: whose model goes, if one does, what that frees in MiB, and its cost."""

    rung: str
    owner: str
    saving_mb: float
    cost_seconds: float


class Estimate(Struct, frozen=True, kw_only=True):
    """What work would take, in MiB: at most `peak_mb`, of the `available_mb` that its worker holds or may have.

    `weights_mb` is by component and stays, and so does `context_mb`, a language model's KV cache; `compute_mb` is by
    phase, of which one is at work at a time; `safety_mb` stays unused. `known`: by the defaults alone, by pictures of
    one size, or by pictures of several; `measured` counts them. `gives` is what would have to give way. Where it
    doesn't fit all the same, `would_fit` names something smaller that does, if anything.
    """

    device: str
    total_mb: float
    available_mb: float
    peak_mb: float
    process_mb: float
    weights_mb: dict[str, float]
    context_mb: float
    compute_mb: dict[str, float]
    safety_mb: float
    known: Literal["estimated", "scaled", "learned"]
    measured: int
    fits: bool
    gives: list[Giving]
    would_fit: str | None


class FileProblem(Struct, frozen=True):
    """Why a model file can't be used. `code` is stable, `words` are for people."""

    code: str
    words: str


class ModelLanguage(Struct, frozen=True, kw_only=True):
    """Of a language model: `context` is what it was trained with, in tokens; the rest makes its KV cache."""

    architecture: str
    context: int
    layers: int
    kv_heads: int
    key_length: int
    value_length: int


class Model(Struct, frozen=True, kw_only=True):
    """A model file. `name` is relative to `root`, sizes are in bytes.

    Until it was `inspected`, what follows is empty. `ok`: it can be used; else `problems` say why not. `parts` are the
    places in a preset that it could take, or what else it is (`lora`, `upscaler`, …); `holds` are the other parts that
    a full model has within. `weights` are what the engines keep of it, by component. `pickle`: it is one, which is
    never unpickled. `metadata` is what it says of itself.

    Hashes are empty until it was read: `short_hash` is the one that A1111 shows, `old_short_hash` the one before.
    """

    id: str
    name: str
    root: str
    size: int
    changed: str
    inspected: bool
    ok: bool
    format: str
    kind: str
    title: str
    family: str
    parts: list[str]
    holds: list[str]
    tensors: int
    parameters: int
    quantisation: str
    weights: dict[str, int]
    pickle: bool
    language: ModelLanguage | None
    metadata: dict[str, str]
    problems: list[FileProblem]
    sha256: str
    short_hash: str
    old_short_hash: str


class CatalogueFile(Struct, frozen=True, kw_only=True):
    """`name` is below the data directory's folder of models, `size` in bytes. `unchecked`: there, and not read yet."""

    part: str
    name: str
    size: int
    sha256: str
    state: Literal["whole", "missing", "damaged", "unchecked"]


class CatalogueModel(Struct, frozen=True, kw_only=True):
    """A model that the desk knows of. `licence` is an SPDX identifier; `source` says what it was made from, and how."""

    id: str
    name: str
    family: str
    notes: str
    licence: str
    authors: str
    source: str
    size: int
    files: list[CatalogueFile]


class Licence(Struct, frozen=True, kw_only=True):
    """`id` is an SPDX identifier."""

    id: str
    text: str


class ModelRoot(Struct, frozen=True, kw_only=True):
    """A folder with models below it; all but the desk's `own` are only read. `problem` is empty where there is none."""

    path: str
    own: bool
    files: int
    problem: str


class ModelDefaults(Struct, frozen=True, kw_only=True):
    """What a new preset of a family starts with."""

    width: int
    height: int
    steps: int
    cfg: float
    guidance: float
    sampler: str
    sigma_schedule: str
    multiple: int


class ModelFamily(Struct, frozen=True, kw_only=True):
    """`forms` are the parts that its diffusion model may come as; of each group that it `needs` one part at least."""

    id: str
    title: str
    forms: list[str]
    needs: list[list[str]]
    accepts: list[str]
    defaults: ModelDefaults


class ModelFamilies(Struct, frozen=True, kw_only=True):
    """`parts` are the places that a preset has for files, with their titles."""

    parts: dict[str, str]
    families: list[ModelFamily]


class ModelSet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ids of model files by part, and of the LoRAs that go with them."""

    files: Annotated[dict[str, Annotated[str, Meta(max_length=64)]], Meta(max_length=16)]
    loras: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=16)] = []


class PartProblem(Struct, frozen=True):
    """What keeps a set of files from making pictures; `part` is what it is about: of a LoRA its id."""

    code: str
    part: str
    words: str


class ModelPartner(Struct, frozen=True):
    """A file that would do."""

    id: str
    name: str


class ModelSetChecked(Struct, frozen=True, kw_only=True):
    """`partners` would fill what is lacking, by part, the most likely first; `proposed` are those to take, by id.

    `weights` are what the engine would keep of the given files, in bytes by component. `family` is empty where it is
    unknown.
    """

    ok: bool
    family: str
    problems: list[PartProblem]
    partners: dict[str, list[ModelPartner]]
    proposed: dict[str, str]
    weights: dict[str, int]


class System(Struct, frozen=True, kw_only=True):
    """`desk_mb` is the desk's own resident memory, `pages` how many people's pages are open."""

    version: str
    data_dir: str
    started_at: str
    log_position: int
    pages: int
    desk_mb: float
    memory: DeviceMemory
    workers: list[Worker]
    projections: list[Projection]
    wal_mb: float


class Crash(Struct, frozen=True, kw_only=True):
    """How an earlier desk ended that did not end in order: by an exception that nobody caught, by a fault of native
    code, or in silence.

    `at` is when that was or, for silence, when it was last heard of. `ended` is false where a part failed and the desk
    went on. `report` is what is known, for those who help.
    """

    at: str
    kind: Literal["exception", "fault", "silence"]
    ended: bool
    words: str
    report: str
    dismissed: bool


class Setting(Struct, frozen=True, kw_only=True):
    """`restart`: a change takes effect the next time the desk is opened. `kind` is that of its value."""

    key: str
    value: Any
    default: Any
    kind: Literal["text", "integer", "number", "boolean", "choice", "list"]
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
    memory: DeviceMemory
    workers: list[Worker]


class LiveAlert(Struct, frozen=True, tag="alert", kw_only=True):
    """Something that a person should know: shown as a toast."""

    level: Literal["info", "warning", "error"]
    code: str
    title: str
    words: str
    generation: str | None = None


class LiveShadow(Struct, frozen=True, tag="shadow", kw_only=True):
    """The desk as of `position` is being read from the log: `done` of its events are."""

    position: int
    done: int


class LiveLoading(Struct, frozen=True, tag="loading", kw_only=True):
    """A worker loads a preset's model, and not for a picture: `part` of it is there, from 0 to 1."""

    worker: str
    preset: str
    part: float
    over: bool


class LiveModels(Struct, frozen=True, tag="models", kw_only=True):
    """The list of model files is another, or more is known of them; `unknown` were not looked into yet."""

    files: int
    unknown: int


LiveMessage = LiveReady | LiveEvent | LiveProgress | LiveMemory | LiveAlert | LiveShadow | LiveLoading | LiveModels
"""A preview is a binary message instead: the generation's id (36 ASCII bytes, a shorter one filled up), then a JPEG."""
