"""What is known of one process of a worker, from its start to its end."""

import time

from msgspec.structs import replace

from ddesk.protocol.messages import (
    Channel,
    Heartbeat,
    Hello,
    LoadModel,
    ModelLoadDone,
    ModelUnloadDone,
    Outcome,
    Work,
    WorkerState,
)
from ddesk.supervision.notices import WorkerGone, WorkerStatus
from ddesk.supervision.spec import Ending
from ddesk.supervision.stderr_tail import classify
from ddesk.supervision.worker_process import WorkerProcess

_CHANNELS = 2


class Session:
    """`ending` is set once the desk ends the process; `missed` counts heartbeats in a row."""

    def __init__(self, process: WorkerProcess) -> None:
        self.process = process
        self.ending: Ending | None = None
        self.hello: Hello | None = None
        self.heartbeat: Heartbeat | None = None
        self.connected = False
        self.missed = 0
        self._channels: set[Channel] = set()
        self._heard_at: float | None = None

    def opened(self, hello: Hello) -> None:
        self.hello = hello
        self._channels.add(hello.channel)

    def beat(self, heartbeat: Heartbeat) -> None:
        """One that was overtaken by the end of some work knows less of memory than that told."""
        last = self.heartbeat
        if last and heartbeat.memory.measured_at < last.memory.measured_at:
            heartbeat = replace(heartbeat, memory=last.memory, model_loaded=last.model_loaded)
        self.heartbeat = heartbeat
        self._heard_at = time.monotonic()

    def took_note(self, outcome: Outcome) -> None:
        """What the end of work tells before the next heartbeat does."""
        if self.heartbeat is None or outcome.memory is None:
            return
        self.heartbeat = replace(self.heartbeat, memory=outcome.memory)
        if isinstance(outcome, ModelLoadDone):
            self.heartbeat = replace(self.heartbeat, model_loaded=outcome.preset_id)
        elif isinstance(outcome, ModelUnloadDone) and outcome.depth == "hard":
            self.heartbeat = replace(self.heartbeat, model_loaded=None)

    @property
    def is_complete(self) -> bool:
        """Both channels open and the first heartbeat here: who is told of it finds the memory report too."""
        return self.heartbeat is not None and len(self._channels) == _CHANNELS

    def describe_end(self, worker: str, work_id: str | None) -> WorkerGone:
        """The process has ended with this work in hand: by the desk, or of a cause that its last words tell."""
        process, tail = self.process, self.process.output.text()
        loss = classify(tail, exit_code=process.exit_code, signal=process.signal)
        ending = self.ending or Ending(cause=loss.cause, words=loss.words)
        return WorkerGone(
            worker=worker,
            pid=process.pid,
            on_purpose=ending.on_purpose,
            cause=ending.cause,
            words=ending.words,
            exit_code=process.exit_code,
            signal=process.signal,
            stderr_tail=tail,
            work_id=work_id,
        )

    def show(self, status: WorkerStatus, in_hand: Work | None) -> WorkerStatus:
        """This worker's status while this is its process."""
        status = replace(status, state=self._state(in_hand), pid=self.process.pid, log_tail=self.process.output.text())
        if self.hello is None or self.heartbeat is None:
            return status
        return replace(
            status,
            kind=self.hello.kind,
            engine=self.hello.engine,
            engine_version=self.hello.engine_version,
            backend=self.hello.backend,
            can_abort=self.hello.can_abort,
            model_loaded=self.heartbeat.model_loaded,
            memory=self.heartbeat.memory,
            seen_seconds_ago=None if self._heard_at is None else time.monotonic() - self._heard_at,
        )

    def _state(self, in_hand: Work | None) -> WorkerState:
        """As the desk sees it: a heartbeat may be a second old."""
        if not self.connected:
            return "starting"
        if in_hand is None:
            return "idle"
        return "loading" if isinstance(in_hand, LoadModel) else "busy"
