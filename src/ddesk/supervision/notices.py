"""What the supervisor tells the rest of the desk. Delivered from its own thread, in the order in which it happened."""

from typing import Literal

from msgspec import Struct

from ddesk.protocol.messages import FromWorker, Hello, MemoryReport, WorkerState

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


class WorkerSpawned(Struct, frozen=True, kw_only=True):
    worker: str
    pid: int
    restarts: int


class WorkerConnected(Struct, frozen=True, kw_only=True):
    """Both of its channels are open: it takes work."""

    worker: str
    hello: Hello


class WorkerSaid(Struct, frozen=True, kw_only=True):
    """A message about work, and the bytes that came with it (empty where none did)."""

    worker: str
    message: FromWorker
    frame: bytes = b""


class WorkerGone(Struct, frozen=True, kw_only=True):
    """Its process has ended. `on_purpose` tells why the desk ended it, and is None where it was lost.

    `work_id` is what it was working on. `stderr_tail` is at most the last 8 KiB of what it wrote.
    """

    worker: str
    pid: int
    on_purpose: Literal["clean", "cancel", "shutdown"] | None
    cause: LossCause = "unknown"
    words: str = ""
    exit_code: int | None = None
    signal: int | None = None
    stderr_tail: str = ""
    work_id: str | None = None


class WorkerHeldDown(Struct, frozen=True, kw_only=True):
    """Quarantined, until `restart` brings it back: lost `losses` times within `within_seconds` with no work to blame.

    `cause` and `words` are those of the last loss; one that starting again can't mend is enough.
    """

    worker: str
    losses: int
    within_seconds: float
    cause: LossCause = "unknown"
    words: str = ""


SupervisorNotice = WorkerSpawned | WorkerConnected | WorkerSaid | WorkerGone | WorkerHeldDown


class WorkerStatus(Struct, frozen=True, kw_only=True):
    """A worker as it is now, for health and the System screen. `seen_seconds_ago`: None before the first beat.

    `problem` says why it was lost, until it is up again.
    """

    worker: str
    kind: str
    state: WorkerState | Literal["down", "quarantined"]
    pid: int | None = None
    restarts: int = 0
    engine: str = ""
    engine_version: str = ""
    backend: str = ""
    can_abort: bool = True
    model_loaded: str | None = None
    memory: MemoryReport | None = None
    seen_seconds_ago: float | None = None
    problem: str = ""
    log_tail: str = ""
