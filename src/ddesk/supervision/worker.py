"""One worker, over all the processes that play it one after the other. Lives in the supervisor's thread alone."""

import logging
import time
from collections.abc import Callable
from typing import Literal

from msgspec.structs import replace

from ddesk.protocol.messages import (
    Cancel,
    Channel,
    Heartbeat,
    Hello,
    LoadModel,
    Outcome,
    PreviewSeen,
    Shutdown,
    ToWorker,
    Work,
    WorkCancelled,
    WorkerState,
)
from ddesk.supervision.alarms import Alarms
from ddesk.supervision.link import Arrival, Broke, Link, Opened, Said
from ddesk.supervision.notices import (
    SupervisorNotice,
    WorkerConnected,
    WorkerGone,
    WorkerHeldDown,
    WorkerSaid,
    WorkerSpawned,
    WorkerStatus,
)
from ddesk.supervision.restart_policy import History, HoldDown, Policy, lost
from ddesk.supervision.spec import Ending, Timing, WorkerSpec
from ddesk.supervision.stderr_tail import WORDS, classify
from ddesk.supervision.work_queue import WorkQueue
from ddesk.supervision.worker_process import WorkerProcess

logger = logging.getLogger(__name__)


class Worker:
    """`notify` is told what happens; `exited` is called from another thread when a process has ended."""

    def __init__(
        self,
        spec: WorkerSpec,
        link: Link,
        notify: Callable[[SupervisorNotice], None],
        exited: Callable[[WorkerProcess], None],
        timing: Timing,
        policy: Policy,
    ) -> None:
        self.alarms = Alarms()
        self._name = spec.worker
        self._spec = spec
        self._link = link
        self._notify = notify
        self._exited = exited
        self._timing = timing
        self._policy = policy
        self._history = History()
        self._queue = WorkQueue()
        self._restarts = 0
        self._held_down = False
        self._wanted = True
        self._last_output = ""
        self._forget_process()

    def _forget_process(self) -> None:
        self._process: WorkerProcess | None = None
        self._ending: Ending | None = None
        self._channels: set[Channel] = set()
        self._hello: Hello | None = None
        self._heartbeat: Heartbeat | None = None
        self._heard_at: float | None = None
        self._missed = 0
        self._connected = False

    # Its process -------------------------------------------------------------------------------------------------

    @property
    def has_process(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Start a process; where that fails, it counts as a loss."""
        launch = replace(
            self._link.admit(self._name),
            heartbeat_seconds=self._timing.heartbeat_seconds,
            options=self._spec.options,
        )
        try:
            self._process = WorkerProcess(self._name, self._spec.command, launch, self._exited)
        except OSError as failed:
            self._lost(WorkerGone(worker=self._name, pid=0, on_purpose=None, words=f"It can't be started: {failed}."))
            return
        logger.info("Worker %s started as process %d.", self._name, self._process.pid)
        self._after(self._timing.hello_seconds, "hello", self._never_connected)
        self._notify(WorkerSpawned(worker=self._name, pid=self._process.pid, restarts=self._restarts))

    def process_exited(self, process: WorkerProcess) -> None:
        if process is not self._process:
            return
        had_work = self._queue.in_hand is not None
        gone = self._describe_end(process)
        self._last_output = gone.stderr_tail
        self._link.expel(self._name)
        self.alarms.clear_all()
        self._forget_process()
        process.close_input()
        if gone.on_purpose is None:
            self._lost(gone, lived_seconds=process.lived_seconds(), had_work=had_work)
        else:
            logger.info("Worker %s (process %d) has ended: %s.", self._name, gone.pid, gone.on_purpose)
            self._notify(gone)
            if self._wanted:
                self.start()

    def _describe_end(self, process: WorkerProcess) -> WorkerGone:
        tail = process.output.text()
        loss = classify(tail, exit_code=process.exit_code, signal=process.signal)
        ending = self._ending or Ending(cause=loss.cause, words=loss.words)
        return WorkerGone(
            worker=self._name,
            pid=process.pid,
            on_purpose=ending.on_purpose,
            cause=ending.cause,
            words=ending.words,
            exit_code=process.exit_code,
            signal=process.signal,
            stderr_tail=tail,
            work_id=self._queue.lose(on_purpose=ending.on_purpose is not None),
        )

    def _lost(self, gone: WorkerGone, *, lived_seconds: float = 0.0, had_work: bool = False) -> None:
        logger.warning("Worker %s (process %d) is lost: %s", self._name, gone.pid, gone.words)
        self._notify(gone)
        if not self._wanted:
            return
        self._restarts += 1
        self._history, verdict = lost(
            self._history, self._policy, now=time.monotonic(), lived_seconds=lived_seconds, had_work=had_work
        )
        if isinstance(verdict, HoldDown):
            self._hold_down()
        else:
            self._after(verdict.seconds, "start", self.start)

    def _hold_down(self) -> None:
        self._held_down = True
        losses, within = self._policy.losses, self._policy.within_seconds
        logger.error("Worker %s was lost %d times in %g s and stays down.", self._name, losses, within)
        self._notify(WorkerHeldDown(worker=self._name, losses=losses, within_seconds=within))

    # Ending it ---------------------------------------------------------------------------------------------------

    def restart(self) -> None:
        """End the process in order and start another; bring a worker back that is held down or waits."""
        self._held_down = False
        self._history = History()
        if self._process is not None:
            self._request_end(Ending(on_purpose="clean"))
        elif self._wanted:
            self.alarms.clear_all()
            self.start()

    def shut_down(self) -> None:
        """For good: request, then TERM, then KILL."""
        self._wanted = False
        self.alarms.clear_all()
        if self._process is not None:
            self._request_end(Ending(on_purpose="shutdown"))

    def kill(self) -> None:
        """At once and for good, with no more notices."""
        self._wanted = False
        if self._process is not None:
            self._process.kill()
            self._forget_process()

    def _request_end(self, ending: Ending) -> None:
        assert self._process is not None
        self._ending = self._ending or ending
        self._say("control", Shutdown())
        self._process.close_input()
        self._after(self._timing.request_seconds, "terminate", self._terminate)

    def _terminate(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._after(self._timing.terminate_seconds, "kill", self._process.kill)

    def _kill_because(self, ending: Ending) -> None:
        assert self._process is not None
        if self._ending is None:
            logger.warning("Killing worker %s: %s", self._name, ending.words)
            self._ending = ending
        self._process.kill()

    def _never_connected(self) -> None:
        self._kill_because(Ending(cause="hung", words="It did not say hello in time, so the desk ended it."))

    # What it says ------------------------------------------------------------------------------------------------

    def hear(self, arrival: Arrival) -> None:
        if self._process is None or self._ending is not None:
            return  # what a process says that is being ended changes nothing any more
        self._missed = 0
        match arrival:
            case Broke():
                self._kill_because(Ending(words=arrival.words))
            case Opened():
                self._hello = arrival.hello
                self._channels.add(arrival.hello.channel)
                self._connect_when_ready()
            case Said(message=Heartbeat() as heartbeat):
                self._heartbeat = heartbeat
                self._heard_at = time.monotonic()
                self._connect_when_ready()
            case Said():
                self._pass_on(arrival)

    def _connect_when_ready(self) -> None:
        """Both channels open and the first heartbeat here: who is told of it finds the memory report too."""
        if self._connected or self._hello is None or self._heartbeat is None or len(self._channels) < 2:
            return
        self._connected = True
        self.alarms.clear("hello")
        self._after(self._timing.heartbeat_seconds, "beat", self._miss)
        self._notify(WorkerConnected(worker=self._name, hello=self._hello))
        self._queue.restore_model()
        self._hand_out()

    def _miss(self) -> None:
        """Counted by the desk's own beats, so that a desk that was itself stopped for a while blames nobody."""
        self._missed += 1
        if self._missed > self._timing.missed_heartbeats:
            self._kill_because(Ending(cause="hung", words=WORDS["hung"]))
        else:
            self._after(self._timing.heartbeat_seconds, "beat", self._miss)

    def _pass_on(self, said: Said) -> None:
        message = said.message
        if isinstance(message, Hello | Heartbeat) or not self._queue.has_in_hand(message.work_id):
            logger.warning("Worker %s speaks of work that it doesn't have: %s.", self._name, type(message).__name__)
            return
        if isinstance(message, Outcome):
            self._queue.settle(message)
            self.alarms.clear("cancel")
        self._notify(WorkerSaid(worker=self._name, message=message, frame=said.frame))
        self._hand_out()

    # Its work ----------------------------------------------------------------------------------------------------

    def take(self, work: Work) -> None:
        self._queue.put(work)
        self._hand_out()

    def cancel(self, work_id: str) -> None:
        """Work that waits is cancelled here; running work by its process, or by ending that; other work is over."""
        if self._queue.withdraw(work_id):
            self._notify(WorkerSaid(worker=self._name, message=WorkCancelled(work_id=work_id)))
        elif self._queue.has_in_hand(work_id) and self._ending is None:
            self._cancel_running(work_id)

    def _cancel_running(self, work_id: str) -> None:
        assert self._hello is not None
        if self._hello.can_abort and self._say("control", Cancel(work_id=work_id)):
            self._after(self._timing.cancel_seconds, "cancel", self._kill_for_cancel)
        else:
            self._kill_for_cancel()

    def _kill_for_cancel(self) -> None:
        self._kill_because(Ending(on_purpose="cancel", words="The desk ended it to cancel its work."))

    def preview_seen(self, work_id: str) -> None:
        if self._queue.has_in_hand(work_id):
            self._say("control", PreviewSeen(work_id=work_id))

    def _hand_out(self) -> None:
        work = self._queue.hand_out() if self._connected and self._ending is None else None
        if work is not None and not self._say("work", work):
            self._kill_because(Ending(cause="hung", words="It doesn't take its messages in, so the desk ended it."))

    def _say(self, channel: Channel, message: ToWorker) -> bool:
        return self._link.send(self._name, channel, message)

    def _after(self, seconds: float, alarm: str, action: Callable[[], None]) -> None:
        self.alarms.set(alarm, time.monotonic() + seconds, action)

    # How it is ---------------------------------------------------------------------------------------------------

    def status(self) -> WorkerStatus:
        """`seen_seconds_ago` as of now."""
        hello, heartbeat, process = self._hello, self._heartbeat, self._process
        return WorkerStatus(
            worker=self._name,
            kind=hello.kind if hello else self._name,
            state=self._state(),
            pid=process.pid if process else None,
            restarts=self._restarts,
            engine=hello.engine if hello else "",
            engine_version=hello.engine_version if hello else "",
            backend=hello.backend if hello else "",
            can_abort=hello.can_abort if hello else True,
            model_loaded=heartbeat.model_loaded if heartbeat else None,
            memory=heartbeat.memory if heartbeat else None,
            seen_seconds_ago=None if self._heard_at is None else time.monotonic() - self._heard_at,
            log_tail=process.output.text() if process else self._last_output,
        )

    def _state(self) -> WorkerState | Literal["down", "quarantined"]:
        if self._process is None:
            return "quarantined" if self._held_down else "down"
        if not self._connected:
            return "starting"
        if self._queue.in_hand is None:
            return "idle"
        return "loading" if isinstance(self._queue.in_hand, LoadModel) else "busy"
