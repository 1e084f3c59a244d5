"""The seam between a worker's runtime, which speaks the wire language, and its role, which does the work."""

import time
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from ddesk.protocol.messages import FromWorker, MemoryReport, Preview, Work, WorkerKind


class Identity(Struct, frozen=True, kw_only=True):
    """What the hello says about the role. `can_abort`: running work stops soon after it is cancelled.

    `device` is the name of what computes: a graphics card's or the processor's.
    """

    kind: WorkerKind
    engine: str
    engine_version: str
    backend: str
    device: str
    can_abort: bool


class Desk(Protocol):
    """How a role talks back. Every method may be called from any thread, an engine's callbacks included."""

    def say(self, message: FromWorker, frame: bytes = b"") -> None:
        """Send on the work channel, in order."""

    def preview(self, message: Preview, frame: bytes) -> None:
        """Send when the desk has seen the last one; until then a newer preview replaces one that waits."""

    def is_cancelled(self, work_id: str) -> bool:
        """Whether the desk has asked for this work to stop."""


def measured(role: "Role") -> MemoryReport:
    """Its memory, and when it was that."""
    now = time.monotonic()
    return replace(role.memory(), measured_at=now)


class Role(Protocol):
    """What one kind of worker does. `work` runs on the main thread, one at a time; the rest on the control thread."""

    def identity(self) -> Identity: ...

    def work(self, work: Work, desk: Desk) -> None:
        """Do it and say how it ended: done, WorkFailed or WorkCancelled. An exception ends the process."""

    def memory(self) -> MemoryReport: ...

    def model_loaded(self) -> str | None:
        """The id of the preset whose model is in memory."""
