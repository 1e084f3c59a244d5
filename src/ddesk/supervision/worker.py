"""One worker, over all the processes that play it one after the other. Lives in the supervisor's thread alone."""

import logging
import time
from collections.abc import Callable

from msgspec.structs import replace

from ddesk.protocol.messages import (
    Cancel,
    Channel,
    Heartbeat,
    Hello,
    Outcome,
    PreviewSeen,
    Shutdown,
    ToWorker,
    Work,
    WorkCancelled,
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
from ddesk.supervision.session import Session
from ddesk.supervision.spec import Ending, Purpose, Timing, WorkerSpec
from ddesk.supervision.stderr_tail import HOPELESS, WORDS
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
        self._problem = ""
        self._session: Session | None = None

    # Its process -------------------------------------------------------------------------------------------------

    @property
    def has_process(self) -> bool:
        return self._session is not None

    def start(self) -> None:
        """Start a process; where that fails, it counts as a loss."""
        launch = replace(
            self._link.admit(self._name),
            heartbeat_seconds=self._timing.heartbeat_seconds,
            options=self._spec.options,
        )
        try:
            process = WorkerProcess(self._name, self._spec.command, launch, self._exited)
        except OSError as failed:
            words = f"It can't be started: {failed}."
            self._lost(WorkerGone(worker=self._name, pid=0, on_purpose=None, words=words), lived_seconds=0.0)
            return
        self._session = Session(process)
        logger.info("Worker %s started as process %d.", self._name, process.pid)
        self._after("hello", self._timing.hello_seconds, self._never_connected)
        self._notify(WorkerSpawned(worker=self._name, pid=process.pid, restarts=self._restarts))

    def process_exited(self, process: WorkerProcess) -> None:
        session = self._session
        if session is None or session.process is not process:
            return
        on_purpose = session.ending is not None and session.ending.on_purpose is not None
        gone = session.describe_end(self._name, self._queue.lose())
        self._session = None
        self._last_output = gone.stderr_tail
        self._link.expel(self._name)
        self.alarms.clear_all()
        process.close_input()
        if on_purpose:
            self._ended(gone)
        else:
            self._lost(gone, process.lived_seconds())

    def _ended(self, gone: WorkerGone) -> None:
        logger.info("Worker %s (process %d) has ended: %s.", self._name, gone.pid, gone.on_purpose)
        self._notify(gone)
        if self._wanted:
            self.start()

    def _lost(self, gone: WorkerGone, lived_seconds: float) -> None:
        logger.warning("Worker %s (process %d) is lost: %s", self._name, gone.pid, gone.words)
        self._problem = gone.words
        self._notify(gone)
        if not self._wanted:
            return
        self._restarts += 1
        had_work, now = gone.work_id is not None, time.monotonic()
        self._history, verdict = lost(
            self._history,
            self._policy,
            now=now,
            lived_seconds=lived_seconds,
            had_work=had_work,
            hopeless=gone.cause in HOPELESS,
        )
        if isinstance(verdict, HoldDown):
            self._hold_down(gone)
        else:
            self._after("start", verdict.seconds, self.start)

    def _hold_down(self, gone: WorkerGone) -> None:
        self._held_down = True
        losses = 1 if gone.cause in HOPELESS else self._policy.losses
        within = self._policy.within_seconds
        logger.error("Worker %s stays down (losses within %g s: %d).", self._name, within, losses)
        self._notify(
            WorkerHeldDown(worker=self._name, losses=losses, within_seconds=within, cause=gone.cause, words=gone.words)
        )

    # Ending it ---------------------------------------------------------------------------------------------------

    def restart(self) -> None:
        """End the process in order and start another; bring a worker back that is held down or waits."""
        self._held_down = False
        self._history = History()
        if self._session is not None:
            self._request_end(self._session, "clean")
        elif self._wanted:
            self.alarms.clear_all()
            self.start()

    def shut_down(self) -> None:
        """For good: request, then TERM, then KILL."""
        self._wanted = False
        self.alarms.clear_all()
        if self._session is not None:
            self._request_end(self._session, "shutdown")

    def kill(self) -> None:
        """At once and for good, with no more notices."""
        self._wanted = False
        if self._session is not None:
            self._session.process.close_input()
            self._session.process.kill()
            self._session = None

    def _request_end(self, session: Session, on_purpose: Purpose) -> None:
        def terminate() -> None:
            session.process.terminate()
            self._after("kill", self._timing.terminate_seconds, session.process.kill)

        session.ending = session.ending or Ending(on_purpose=on_purpose)
        self._say("control", Shutdown())
        session.process.close_input()
        self._after("terminate", self._timing.request_seconds, terminate)

    def _kill_because(self, ending: Ending) -> None:
        session = self._session
        if session is None:
            return
        if session.ending is None:
            logger.warning("Killing worker %s: %s", self._name, ending.words)
            session.ending = ending
        session.process.kill()

    def _never_connected(self) -> None:
        self._kill_because(Ending(cause="hung", words="It did not say hello in time, so the desk ended it."))

    # What it says ------------------------------------------------------------------------------------------------

    def hear(self, arrival: Arrival) -> None:
        session = self._session
        if session is None or session.ending is not None:
            return  # what a process says that is being ended changes nothing any more
        session.missed = 0
        match arrival:
            case Broke():
                self._kill_because(Ending(words=arrival.words))
            case Opened():
                session.opened(arrival.hello)
                self._connect_when_complete(session)
            case Said(message=Heartbeat() as heartbeat):
                session.beat(heartbeat)
                self._connect_when_complete(session)
            case Said():
                self._pass_on(arrival)

    def _connect_when_complete(self, session: Session) -> None:
        if session.connected or session.hello is None or not session.is_complete:
            return
        session.connected = True
        self._problem = ""
        self.alarms.clear("hello")
        self._expect_beat(session)
        self._notify(WorkerConnected(worker=self._name, hello=session.hello))
        self._hand_out()

    def _expect_beat(self, session: Session) -> None:
        """Counted by the desk's own beats, so that a desk that was itself stopped for a while blames nobody."""

        def miss() -> None:
            session.missed += 1
            if session.missed > self._timing.missed_heartbeats:
                self._kill_because(Ending(cause="hung", words=WORDS["hung"]))
            else:
                self._expect_beat(session)

        self._after("beat", self._timing.heartbeat_seconds, miss)

    def _pass_on(self, said: Said) -> None:
        message = said.message
        if isinstance(message, Hello | Heartbeat) or not self._queue.has_in_hand(message.work_id):
            logger.warning("Worker %s speaks of work that it doesn't have: %s.", self._name, type(message).__name__)
            return
        if isinstance(message, Outcome):
            self._queue.settle()
            if self._session is not None:
                self._session.took_note(message)
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
        elif self._queue.has_in_hand(work_id):
            self._cancel_running(work_id)

    def _cancel_running(self, work_id: str) -> None:
        can_abort = self._session and self._session.hello and self._session.hello.can_abort
        if can_abort and self._say("control", Cancel(work_id=work_id)):
            self._deadline("cancel", self._timing.cancel_seconds, self._kill_for_cancel)
        else:
            self._kill_for_cancel()

    def _kill_for_cancel(self) -> None:
        self._kill_because(Ending(on_purpose="cancel", words="The desk ended it to cancel its work."))

    def preview_seen(self, work_id: str) -> None:
        if self._queue.has_in_hand(work_id):
            self._say("control", PreviewSeen(work_id=work_id))

    def _hand_out(self) -> None:
        if self._session is None or not self._session.connected or self._session.ending is not None:
            return
        work = self._queue.hand_out()
        if work is not None and not self._say("work", work):
            self._queue.put_back()
            self._deadline("deaf", self._timing.terminate_seconds, self._kill_the_deaf)

    def _kill_the_deaf(self) -> None:
        """Most that can't be reached have just died, and their end tells why; this one lives."""
        self._kill_because(Ending(cause="hung", words="It doesn't take its messages in, so the desk ended it."))

    def _say(self, channel: Channel, message: ToWorker) -> bool:
        return self._link.send(self._name, channel, message)

    def _after(self, alarm: str, seconds: float, action: Callable[[], None]) -> None:
        self.alarms.set(alarm, time.monotonic() + seconds, action)

    def _deadline(self, alarm: str, seconds: float, action: Callable[[], None]) -> None:
        """Once it runs, asking again does not put it off."""
        if alarm not in self.alarms:
            self._after(alarm, seconds, action)

    # How it is ---------------------------------------------------------------------------------------------------

    def status(self) -> WorkerStatus:
        """`seen_seconds_ago` as of now."""
        status = WorkerStatus(
            worker=self._name,
            kind=self._name,
            state="quarantined" if self._held_down else "down",
            restarts=self._restarts,
            problem=self._problem,
            log_tail=self._last_output,
        )
        return status if self._session is None else self._session.show(status, self._queue.in_hand)
