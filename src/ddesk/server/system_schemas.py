"""What the API takes and gives of the desk itself: jobs, workers, settings, sessions. Times are ISO 8601 in UTC."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from ddesk.server.generation_schemas import Failure, Status
from ddesk.server.memory_schemas import DeviceMemory, Memory

JobStatus = Status


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
