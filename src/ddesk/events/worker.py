"""What happens to one worker, over all the processes that play it one after the other."""

from typing import Literal

from msgspec import Struct

LossCause = Literal[
    "out_of_memory",
    "bad_model_file",
    "assertion",
    "killed",
    "hung",
    "missing_library",
    "unfit_processor",
    "unknown",
]
StopReason = Literal["clean", "cancel", "shutdown"]
UnloadReason = Literal["asked", "idle", "other_model", "memory", "failed"]


class WorkerStarted(Struct, frozen=True, tag=True, kw_only=True):
    """`restarts` counts the processes that were lost before this one since the desk was opened."""

    pid: int
    restarts: int


class WorkerReady(Struct, frozen=True, tag=True, kw_only=True):
    pid: int
    engine: str
    engine_version: str
    backend: str
    device: str


class ModelLoaded(Struct, frozen=True, tag=True, kw_only=True):
    """`weights_mb` is in MiB by component, as the engine reports it. `signature` names what is in the model's files."""

    pid: int
    preset_id: str
    seconds: float
    weights_mb: dict[str, float] = {}
    signature: str = ""


class ModelUnloaded(Struct, frozen=True, tag=True, kw_only=True):
    pid: int
    preset_id: str
    why: UnloadReason


class WorkerStopped(Struct, frozen=True, tag=True, kw_only=True):
    """The desk ended it on purpose."""

    pid: int
    why: StopReason


class WorkerLost(Struct, frozen=True, tag=True, kw_only=True):
    """`exit_code` or `signal` is what the system reported; `stderr_tail` is the end of what it wrote."""

    pid: int
    cause: LossCause
    words: str
    exit_code: int | None = None
    signal: int | None = None
    stderr_tail: str = ""


class WorkerQuarantined(Struct, frozen=True, tag=True, kw_only=True):
    """Lost too often with no work to blame: it stays down until a person restarts it."""

    losses: int
    within_seconds: float


WorkerEvent = WorkerStarted | WorkerReady | ModelLoaded | ModelUnloaded | WorkerStopped | WorkerLost | WorkerQuarantined
