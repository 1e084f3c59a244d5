"""The thread that starts, watches and restarts the workers, and through which the desk talks to them."""

import logging
import math
import queue
import threading
import time
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from ddesk.protocol.messages import MAX_FRAME_BYTES, Work
from ddesk.supervision.link import Link
from ddesk.supervision.notices import SupervisorNotice, WorkerStatus
from ddesk.supervision.restart_policy import Policy
from ddesk.supervision.spec import Timing, WorkerSpec
from ddesk.supervision.transport import Transport
from ddesk.supervision.worker import Worker
from ddesk.supervision.worker_process import WorkerProcess

__all__ = ["Supervisor", "Timing", "WorkerSpec"]

logger = logging.getLogger(__name__)

_LAST_WAIT_SECONDS = 0.5
"""After KILL. A process that the system itself can't end yet (stuck in a driver) doesn't hold the desk up."""


class Supervisor:
    """Its methods may be called from any thread and, but for `stop`, from `notify`, which the supervisor's own calls.

    Heartbeats are not told: `status` has the last of each. A process that is started again has no model: who knows what
    memory there is has it loaded.
    """

    def __init__(
        self,
        specs: Sequence[WorkerSpec],
        notify: Callable[[SupervisorNotice], None],
        *,
        transport: Transport = "ipc",
        timing: Timing | None = None,
        policy: Policy | None = None,
        max_frame_bytes: int = MAX_FRAME_BYTES,
    ) -> None:
        self._specs = specs
        self._listener = notify
        self._transport: Transport = transport
        self._timing = timing or Timing()
        self._policy = policy or Policy()
        self._max_frame_bytes = max_frame_bytes
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._workers: dict[str, Worker] = {}
        self._link: Link | None = None
        self._thread: threading.Thread | None = None
        self._give_up_at = math.inf
        starting = [WorkerStatus(worker=spec.worker, kind=spec.worker, state="starting") for spec in specs]
        self._published = (time.monotonic(), starting)

    def start(self) -> None:
        """Open the sockets and start the workers. Raises OSError or zmq.ZMQError where no socket can be opened."""
        self._link = Link(self._transport, self._max_frame_bytes)
        self._workers = {spec.worker: self._make_worker(spec, self._link) for spec in self._specs}
        self._thread = threading.Thread(target=self._run, args=(self._link,), name="supervisor", daemon=True)
        self._thread.start()

    def send(self, worker: str, work: Work) -> None:
        """Have the work done, one at a time in the order sent, once the worker is connected.

        What a process has in hand is lost with it, and WorkerGone names it; what waits still waits for the next one.
        """
        self._tell(worker, lambda told: told.take(work))

    def cancel(self, worker: str, work_id: str) -> None:
        """Ends in WorkCancelled, or in WorkerGone (`on_purpose="cancel"`) where the worker had to be ended for it.

        Work that is over by then stays as it ended.
        """
        self._tell(worker, lambda told: told.cancel(work_id))

    def preview_seen(self, worker: str, work_id: str) -> None:
        """Let the next preview come."""
        self._tell(worker, lambda told: told.preview_seen(work_id))

    def restart(self, worker: str) -> None:
        """End its process in order and start another; also brings back one that is held down."""
        self._tell(worker, lambda told: told.restart())

    def status(self) -> list[WorkerStatus]:
        """Every worker as it is; before `start` and after `stop` they are down."""
        as_of, statuses = self._published
        return [_aged(status, time.monotonic() - as_of) for status in statuses]

    def stop(self) -> None:
        """End every worker, all at once: request, TERM, KILL. Takes less than two seconds. May be repeated."""
        if self._thread is not None:
            self._post(self._shut_down)
            self._thread.join()
            self._thread = None

    def _make_worker(self, spec: WorkerSpec, link: Link) -> Worker:
        def exited(process: WorkerProcess) -> None:
            self._tell(spec.worker, lambda told: told.process_exited(process))

        return Worker(spec, link, self._notify, exited, self._timing, self._policy)

    def _tell(self, worker: str, what: Callable[[Worker], None]) -> None:
        def tell() -> None:
            told = self._workers.get(worker)
            if told is None:
                logger.error("There is no worker named %r.", worker)
            else:
                what(told)

        self._post(tell)

    def _post(self, command: Callable[[], None]) -> None:
        self._commands.put(command)
        if self._link is not None:
            self._link.wake()

    # In the supervisor's thread ----------------------------------------------------------------------------------

    def _run(self, link: Link) -> None:
        """A mistake here ends the workers too, and goes on to whoever watches the threads of the desk."""
        try:
            for worker in self._workers.values():
                worker.start()
            while not self._is_over():
                self._turn(link)
        finally:
            for worker in self._workers.values():
                worker.kill()
            link.close()
            self._publish()

    def _turn(self, link: Link) -> None:
        due = min([self._give_up_at, *(worker.alarms.next() for worker in self._workers.values())])
        link.wait(due - time.monotonic())
        for arrival in link.arrivals():
            self._workers[arrival.worker].hear(arrival)
        while not self._commands.empty():
            self._commands.get_nowait()()
        now = time.monotonic()
        for worker in self._workers.values():
            worker.alarms.ring(now)
        self._publish()

    def _shut_down(self) -> None:
        grace = self._timing.request_seconds + self._timing.terminate_seconds + _LAST_WAIT_SECONDS
        self._give_up_at = time.monotonic() + grace
        for worker in self._workers.values():
            worker.shut_down()

    def _is_over(self) -> bool:
        if self._give_up_at == math.inf:
            return False
        return time.monotonic() >= self._give_up_at or not any(w.has_process for w in self._workers.values())

    def _publish(self) -> None:
        self._published = (time.monotonic(), [worker.status() for worker in self._workers.values()])

    def _notify(self, notice: SupervisorNotice) -> None:
        self._publish()  # who is told of something finds it in `status`
        try:
            self._listener(notice)
        except Exception:
            logger.exception("A %s was not taken.", type(notice).__name__)


def _aged(status: WorkerStatus, seconds: float) -> WorkerStatus:
    if status.seen_seconds_ago is None:
        return status
    return replace(status, seen_seconds_ago=status.seen_seconds_ago + seconds)
