"""The wire language between the desk and its workers: what each side may say, as MessagePack.

A message travels as one part; pixels and files follow as raw bytes in a second one. Sizes are in MiB, times in
seconds, picture sizes in pixels. A worker has two channels: `work`, and `control`, so that health, cancelling and
shutting down never wait behind work.
"""

from typing import Literal

import msgspec
from msgspec import Struct

PROTOCOL_VERSION = 1
"""Told in every hello; a worker of another version is refused."""

MAX_MESSAGE_BYTES = 1 << 20
MAX_FRAME_BYTES = 256 << 20
"""Longer parts are refused, and whoever sent them is disconnected (256 MiB holds a 4096 × 4096 picture four times)."""

Channel = Literal["work", "control"]
WorkerKind = Literal["image", "media", "fake"]
WorkerState = Literal["starting", "idle", "loading", "busy"]
UnloadReason = Literal["asked", "idle", "other_model", "memory", "failed"]


class Launch(Struct, frozen=True, kw_only=True):
    """The one line of JSON that a worker reads from its standard input when it starts; then it watches for its end.

    `server_key`, `public_key` and `secret_key` are CURVE keys (Z85) where the endpoint is not an ipc one.
    """

    endpoint: str
    secret: str
    heartbeat_seconds: float = 1.0
    server_key: str = ""
    public_key: str = ""
    secret_key: str = ""
    options: dict[str, str] = {}


class MemoryReport(Struct, frozen=True, kw_only=True):
    """`allocated_mb` is this worker's; `free_mb` and `total_mb` are the device's: `cpu` or a GPU's name.

    `measured_at` is on the machine's monotonic clock, in seconds: two channels may deliver an older one after a newer.
    """

    device: str
    allocated_mb: float
    free_mb: float
    total_mb: float
    rss_mb: float
    measured_at: float = 0.0


class ModelSpec(Struct, frozen=True, kw_only=True):
    """What to load: absolute paths by part (`diffusion`, `model`, `vae`, `taesd`, `clip_l`, `clip_g`, `t5xxl`, `llm`).

    `options` are settings that loading fixes, such as `vae_on_cpu`, each present for true. `max_vram_mb` is what a
    graph may take of the device in segments; 0 leaves it whole. `signature` names what is in the files: what was
    loaded by another one is another model, even from the same paths.
    """

    preset_id: str
    paths: dict[str, str]
    options: tuple[str, ...] = ()
    max_vram_mb: float = 0.0
    signature: str = ""


# Worker → desk ---------------------------------------------------------------------------------------------------


class Hello(Struct, frozen=True, tag=True, kw_only=True):
    """The first message on each channel. `can_abort`: running work can be stopped without ending the process."""

    protocol: int
    kind: WorkerKind
    channel: Channel
    secret: str
    pid: int
    engine: str = ""
    engine_version: str = ""
    backend: str = ""
    device: str = ""
    can_abort: bool = True


class Greeting(Struct, frozen=True, tag="Hello"):
    """What the hello of every version holds, so that one of another version can be told in plain words."""

    protocol: int
    secret: str


class Heartbeat(Struct, frozen=True, tag=True, kw_only=True):
    state: WorkerState
    memory: MemoryReport
    model_loaded: str | None = None
    work_id: str | None = None


class ModelLoadDone(Struct, frozen=True, tag=True, kw_only=True):
    """`weights_mb`: by component (`text_encoders`, `diffusion_model`, `vae`, …), from the engine's own report.
    `signature` is that of the model.
    """

    work_id: str
    preset_id: str
    seconds: float
    weights_mb: dict[str, float]
    signature: str = ""
    memory: MemoryReport | None = None


class ModelUnloadDone(Struct, frozen=True, tag=True, kw_only=True):
    """`preset_id` is what was loaded; `depth` and `why` are as they were asked for."""

    work_id: str
    preset_id: str | None
    depth: Literal["soft", "hard"] = "hard"
    why: UnloadReason = "asked"
    memory: MemoryReport | None = None


class Progress(Struct, frozen=True, tag=True, kw_only=True):
    """`step` of `steps` is done in this phase; `seconds_per_step` is 0 while unknown."""

    work_id: str
    phase: Literal["loading", "encoding", "sampling", "decoding", "saving"]
    step: int
    steps: int
    seconds_per_step: float = 0.0


class Preview(Struct, frozen=True, tag=True, kw_only=True):
    """A JPEG of the unfinished picture follows as a frame. At most one is sent before a PreviewSeen comes back."""

    work_id: str
    step: int
    width: int
    height: int


class ImageMade(Struct, frozen=True, tag=True, kw_only=True):
    """A PNG follows as a frame. `pixels_sha256` is over its RGB bytes, row by row."""

    work_id: str
    seed: int
    width: int
    height: int
    pixels_sha256: str
    seconds: float
    peak_mb: float
    buffers_mb: dict[str, float]
    memory: MemoryReport | None = None


class ThumbnailMade(Struct, frozen=True, tag=True, kw_only=True):
    """A WebP follows as a frame."""

    work_id: str
    width: int
    height: int
    memory: MemoryReport | None = None


class WorkFailed(Struct, frozen=True, tag=True, kw_only=True):
    """An expected bad outcome: the worker lives on. `words` are for people, `detail` the engine's last log lines."""

    work_id: str
    code: Literal[
        "bad_model_file",
        "blank_image",
        "engine_error",
        "file_missing",
        "invalid_work",
        "model_not_loaded",
        "out_of_memory",
        "unreadable_image",
    ]
    words: str
    detail: str = ""
    memory: MemoryReport | None = None


class WorkCancelled(Struct, frozen=True, tag=True, kw_only=True):
    work_id: str
    memory: MemoryReport | None = None


FromWorker = (
    Hello
    | Heartbeat
    | ModelLoadDone
    | ModelUnloadDone
    | Progress
    | Preview
    | ImageMade
    | ThumbnailMade
    | WorkFailed
    | WorkCancelled
)
Outcome = ModelLoadDone | ModelUnloadDone | ImageMade | ThumbnailMade | WorkFailed | WorkCancelled
"""How work ends: each gets exactly one, with the worker's memory as it then is, which no heartbeat tells in time."""


# Desk → worker ---------------------------------------------------------------------------------------------------


class Welcome(Struct, frozen=True, tag=True):
    """The answer to an accepted hello, on the same channel."""


class LoadModel(Struct, frozen=True, tag=True, kw_only=True):
    """Answered by ModelLoadDone or WorkFailed; another loaded model is dropped first, the same one is kept."""

    work_id: str
    model: ModelSpec


class UnloadModel(Struct, frozen=True, tag=True, kw_only=True):
    """`soft` drops a language model's context and keeps its weights; others have nothing to drop."""

    work_id: str
    depth: Literal["soft", "hard"] = "hard"
    why: UnloadReason = "asked"


class LoraSpec(Struct, frozen=True):
    """A LoRA's absolute path, and how strongly it is applied."""

    path: str
    strength: float


class MakeImage(Struct, frozen=True, tag=True, kw_only=True):
    """One picture, by the loaded model, which must be `preset_id`. Answered by ImageMade, WorkFailed or WorkCancelled.

    `mitigations` are conservative settings: `vae_tiling`. `text` becomes the PNG's text chunks.
    """

    work_id: str
    preset_id: str
    prompt: str
    negative_prompt: str
    seed: int
    steps: int
    cfg: float
    guidance: float
    sampler: str
    sigma_schedule: str
    width: int
    height: int
    loras: tuple[LoraSpec, ...] = ()
    mitigations: tuple[str, ...] = ()
    text: dict[str, str] = {}
    previews: bool = True


class MakeThumbnail(Struct, frozen=True, tag=True, kw_only=True):
    """Fit the picture at `path` into a square of `side` pixels."""

    work_id: str
    path: str
    side: int


class Cancel(Struct, frozen=True, tag=True, kw_only=True):
    """On the control channel. Work that was already done is not un-done; unknown work is ignored."""

    work_id: str


class PreviewSeen(Struct, frozen=True, tag=True, kw_only=True):
    """On the control channel: the next preview may come."""

    work_id: str


class Shutdown(Struct, frozen=True, tag=True):
    """On the control channel: end now, without finishing."""


ToWorker = Welcome | LoadModel | UnloadModel | MakeImage | MakeThumbnail | Cancel | PreviewSeen | Shutdown
Work = LoadModel | UnloadModel | MakeImage | MakeThumbnail

encode = msgspec.msgpack.Encoder().encode
_from_worker: msgspec.msgpack.Decoder[FromWorker] = msgspec.msgpack.Decoder(FromWorker)
_to_worker: msgspec.msgpack.Decoder[ToWorker] = msgspec.msgpack.Decoder(ToWorker)
_greeting: msgspec.msgpack.Decoder[Greeting] = msgspec.msgpack.Decoder(Greeting)


def decode_from_worker(part: bytes) -> FromWorker:
    """Raises msgspec.DecodeError for anything that is not such a message."""
    return _from_worker.decode(part)


def decode_to_worker(part: bytes) -> ToWorker:
    """Raises msgspec.DecodeError for anything that is not such a message."""
    return _to_worker.decode(part)


def decode_greeting(part: bytes) -> Greeting:
    """Raises msgspec.DecodeError for anything that is not a hello of some version."""
    return _greeting.decode(part)
