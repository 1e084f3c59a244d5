"""No worker outlives its desk."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ddesk.protocol.messages import Preview
from ddesk.supervision.link import Arrival, Link, Opened, Said
from ddesk.supervision.worker_process import WorkerProcess
from tests.supervised import FAKE, Gate, load, picture

_GUARD_SECONDS = 60


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[psutil.Process, list[psutil.Process]]]:
    """A desk in a process of its own, and its workers, one busy and one idle."""
    command = [sys.executable, "-m", "tests.supervision.lonely_desk"]
    environment = {"TMPDIR": str(tmp_path), "PYTHONPATH": ":".join(filter(None, sys.path))}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as lonely:
        assert lonely.stdout
        yield psutil.Process(lonely.pid), [psutil.Process(int(pid)) for pid in lonely.stdout.readline().split()]
        lonely.kill()


def test_workers_busy_or_idle_end_when_their_desk_is_killed(
    desk: tuple[psutil.Process, list[psutil.Process]],
) -> None:
    process, workers = desk
    assert len(workers) == 2
    process.kill()
    _, alive = psutil.wait_procs(workers, timeout=_GUARD_SECONDS)
    assert alive == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can end a stopped process with its parent")
def test_even_a_worker_that_stands_still_ends_with_its_desk(
    desk: tuple[psutil.Process, list[psutil.Process]],
) -> None:
    process, workers = desk
    for worker in workers:
        worker.suspend()
    process.kill()
    _, alive = psutil.wait_procs(workers, timeout=_GUARD_SECONDS)
    assert alive == []


def arrivals(link: Link) -> Iterator[Arrival]:
    while True:
        link.wait(1)
        yield from link.arrivals()


def test_the_end_of_its_standard_input_alone_ends_a_worker_whose_engine_is_busy(tmp_path: Path) -> None:
    link, ended = Link("ipc"), threading.Event()
    process = WorkerProcess("fake", FAKE.command, link.admit("fake"), lambda _: ended.set())
    heard = arrivals(link)
    for _ in ("work", "control"):
        next(arrival for arrival in heard if isinstance(arrival, Opened))
    link.send("fake", "work", load())
    link.send("fake", "work", picture("{stubborn}" + Gate(tmp_path).directive))
    next(said for said in heard if isinstance(said, Said) and isinstance(said.message, Preview))
    process.close_input()
    assert ended.wait(_GUARD_SECONDS)
    assert process.exit_code == 0
    link.close()
