import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from msgspec.structs import replace

from ddesk.protocol.messages import ModelUnloadDone, UnloadModel
from ddesk.supervision.link import Link, Opened
from ddesk.supervision.notices import WorkerGone
from ddesk.supervision.spec import WorkerSpec
from ddesk.supervision.worker_process import WorkerProcess
from tests.supervised import Supervised, supervised
from workers.runtime import EXIT_BAD_LAUNCH, EXIT_FAULT

pytestmark = pytest.mark.quick

_GUARD_SECONDS = 60
_ODD = (sys.executable, "-m", "tests.workers.odd_role")
_WORK = UnloadModel(work_id="1")


def odd(does: str) -> WorkerSpec:
    return WorkerSpec("odd", _ODD, {"does": does})


@contextmanager
def at_work(does: str) -> Iterator[Supervised]:
    with supervised(odd(does)) as desk:
        desk.send("odd", _WORK)
        yield desk


@pytest.mark.parametrize(
    ("does", "told"),
    [("raise", "That was not to be expected."), ("say nothing", "OddRole did not say how UnloadModel ended.")],
)
def test_a_fault_of_a_role_ends_the_process_and_says_what_it_was(does: str, told: str) -> None:
    with at_work(does) as desk:
        gone = desk.notices.next(WorkerGone)
    assert (gone.exit_code, gone.work_id) == (EXIT_FAULT, "1")
    assert told in gone.stderr_tail


@pytest.mark.parametrize(
    ("does", "told"), [("no start", "The engine's library is missing."), ("forget", "The driver is gone.")]
)
def test_a_role_that_can_t_start_or_report_ends_the_process_too(does: str, told: str) -> None:
    with supervised(odd(does)) as desk:
        gone = desk.notices.next(WorkerGone)
    assert gone.exit_code == EXIT_FAULT
    assert told in gone.stderr_tail


def test_an_engine_that_aborts_starts_no_debugger() -> None:
    with at_work("tell") as desk:
        desk.notices.next_said(ModelUnloadDone)
    gone = desk.notices.next(WorkerGone)  # what it wrote is whole once it has ended
    assert "backtrace=1" in gone.stderr_tail


def test_the_end_of_its_input_ends_a_worker_whose_engine_is_busy() -> None:
    ended = threading.Event()
    link = Link()
    launch = replace(link.admit("odd"), options={"does": "spin"})
    process = WorkerProcess("odd", _ODD, launch, lambda _: ended.set())
    try:
        opened = 0
        while opened < 2:
            link.wait(1)
            opened += sum(isinstance(arrival, Opened) for arrival in link.arrivals())
        link.send("odd", "work", _WORK)
        while "spinning" not in process.output.text():
            link.wait(0.01)
        process.close_input()
        assert ended.wait(_GUARD_SECONDS)
        assert process.exit_code == 0
    finally:
        process.kill()
        link.close()


def test_a_worker_that_no_desk_started_says_so() -> None:
    ended = subprocess.run(_ODD, input=b"hello\n", capture_output=True, timeout=_GUARD_SECONDS, check=False)
    assert ended.returncode == EXIT_BAD_LAUNCH
    assert b"started by the desk" in ended.stderr
    assert b"Traceback" not in ended.stderr
