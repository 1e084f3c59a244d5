"""One worker driven by hand, turn by turn, where the supervisor's own turns would be too quick to look between."""

import os
import queue
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ddesk.protocol.messages import ModelLoadDone, Progress
from ddesk.supervision.link import Link
from ddesk.supervision.notices import SupervisorNotice, WorkerConnected, WorkerGone, WorkerSaid
from ddesk.supervision.restart_policy import Policy
from ddesk.supervision.spec import Timing
from ddesk.supervision.worker import Worker
from ddesk.supervision.worker_process import WorkerProcess
from tests.supervised import FAKE, Gate, load, picture

RARELY = Timing(heartbeat_seconds=1000, hello_seconds=1000)
"""Of the worker's alarms, only those that a test sets off come soon."""
SOON = Policy(first_delay_seconds=0)


class Driven:
    """The link, the worker and its processes' ends, each moved only when a test says so."""

    def __init__(self) -> None:
        self.link = Link("ipc")
        self.told: list[SupervisorNotice] = []
        self.ends: queue.SimpleQueue[WorkerProcess] = queue.SimpleQueue()
        self.worker = Worker(FAKE, self.link, self.told.append, self.ends.put, RARELY, SOON)

    def hear_until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self.link.wait(1)
            for arrival in self.link.arrivals():
                self.worker.hear(arrival)

    def connect(self) -> None:
        """Hear until the process that runs now is connected."""
        self.hear_until(lambda: isinstance(self.told[-1], WorkerConnected))

    def hear_until_said(self, kind: type[ModelLoadDone | Progress], work_id: str) -> None:
        self.hear_until(lambda: any(isinstance(said, kind) and said.work_id == work_id for said in self.said()))

    def pid(self) -> int:
        pid = self.worker.status().pid
        assert pid is not None
        return pid

    def gone(self) -> list[WorkerGone]:
        return [notice for notice in self.told if isinstance(notice, WorkerGone)]

    def said(self) -> list[object]:
        return [notice.message for notice in self.told if isinstance(notice, WorkerSaid)]

    def close(self) -> None:
        if self.worker.has_process:
            self.worker.kill()
            self.ends.get(timeout=60).close_input()
        self.link.close()


@pytest.fixture
def driven() -> Iterator[Driven]:
    driven = Driven()
    driven.worker.start()
    yield driven
    driven.close()


def test_work_sent_to_a_worker_that_has_just_died_is_neither_lost_nor_blamed(driven: Driven) -> None:
    driven.connect()
    os.kill(driven.pid(), signal.SIGKILL)
    process = driven.ends.get(timeout=60)
    while driven.link.send("fake", "work", load(work_id="probe")):
        driven.link.wait(0.01)  # until the connection is known to be gone, too
    driven.worker.take(load())
    driven.worker.process_exited(process)
    gone = driven.gone()[0]
    assert (gone.cause, gone.work_id) == ("killed", None)
    driven.worker.alarms.ring(driven.worker.alarms.next())
    driven.connect()
    driven.hear_until_said(ModelLoadDone, "load")


def test_pressing_cancel_again_does_not_put_its_deadline_off(driven: Driven, tmp_path: Path) -> None:
    driven.worker.take(load())
    driven.worker.take(picture("{stubborn}" + Gate(tmp_path).directive))
    driven.hear_until_said(Progress, "picture")
    driven.worker.cancel("picture")
    deadline = driven.worker.alarms.next()
    driven.worker.cancel("picture")
    assert driven.worker.alarms.next() == deadline
