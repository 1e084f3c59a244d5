"""What a worker is started as, how long it may take, and why it is ended."""

from typing import Literal

from msgspec import Struct

from ddesk.supervision.notices import LossCause

Purpose = Literal["clean", "cancel", "shutdown"]


class WorkerSpec(Struct, frozen=True):
    """`worker` is its name and kind, `command` its argv, `options` what its launch line carries for its role."""

    worker: str
    command: tuple[str, ...]
    options: dict[str, str] = {}


class Timing(Struct, frozen=True, kw_only=True):
    """How long a worker may take, in seconds, before the desk goes on without its consent."""

    heartbeat_seconds: float = 1.0
    missed_heartbeats: int = 10
    hello_seconds: float = 60.0
    cancel_seconds: float = 10.0
    request_seconds: float = 0.5
    terminate_seconds: float = 0.5


class Ending(Struct, frozen=True, kw_only=True):
    """Why the desk ends a process: for a purpose of its own, or because the worker is at fault."""

    on_purpose: Purpose | None = None
    cause: LossCause = "unknown"
    words: str = ""
