"""Lost workers: what is told of them, and how they come back."""

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from ddesk.protocol.messages import ImageMade, ModelLoadDone, Progress, WorkFailed
from ddesk.supervision.notices import WorkerConnected, WorkerGone, WorkerHeldDown, WorkerSpawned
from ddesk.supervision.restart_policy import Policy
from ddesk.supervision.spec import Timing, WorkerSpec
from tests.supervised import FAKE, Gate, Supervised, load, picture, supervised

QUICK_TO_JUDGE = Timing(heartbeat_seconds=0.1, missed_heartbeats=20)
STRICT = Policy(first_delay_seconds=0.05)


@dataclass(frozen=True)
class Ending:
    directive: str
    cause: str
    signal: int
    says: str


def kill(supervisor: Supervised, number: signal.Signals = signal.SIGKILL) -> int:
    pid = supervisor.now().pid
    assert pid is not None
    os.kill(pid, number)
    return pid


def loaded(supervisor: Supervised) -> None:
    supervisor.send("fake", load())
    supervisor.notices.next_said(ModelLoadDone, "load")


def at_work(supervisor: Supervised, gate: Gate, work_id: str = "picture") -> None:
    """In the middle of a picture."""
    supervisor.send("fake", picture(gate.directive, work_id=work_id))
    supervisor.notices.next_said(Progress, work_id)


def test_a_worker_killed_at_work_names_the_work_comes_back_and_works_on(tmp_path: Path) -> None:
    with supervised() as supervisor:
        supervisor.connected()
        loaded(supervisor)
        at_work(supervisor, Gate(tmp_path))
        pid = kill(supervisor)
        gone = supervisor.notices.next(WorkerGone)
        assert (gone.pid, gone.work_id, gone.on_purpose) == (pid, "picture", None)
        assert (gone.cause, gone.signal, gone.exit_code) == ("killed", signal.SIGKILL, None)
        spawned = supervisor.notices.next(WorkerSpawned)
        assert spawned.restarts == 1
        assert spawned.pid != pid
        assert supervisor.connected().model_loaded is None
        loaded(supervisor)
        supervisor.send("fake", picture(work_id="again"))
        supervisor.notices.next_said(ImageMade, "again")
        assert supervisor.now().restarts == 1


@pytest.mark.parametrize(
    "ending",
    [
        Ending("{abort}", "assertion", signal.SIGABRT, "GGML_ASSERT"),
        Ending("{oom}", "out_of_memory", signal.SIGABRT, "out of memory"),
        Ending("{crash}", "unknown", signal.SIGSEGV, ""),
    ],
    ids=lambda ending: ending.cause,
)
def test_a_crash_is_told_with_its_cause_and_the_last_words(ending: Ending) -> None:
    with supervised() as supervisor:
        supervisor.connected()
        loaded(supervisor)
        supervisor.send("fake", picture(ending.directive))
        gone = supervisor.notices.next(WorkerGone)
        assert (gone.cause, gone.signal, gone.work_id) == (ending.cause, ending.signal, "picture")
        assert ending.says in gone.stderr_tail
        assert gone.words
        assert supervisor.connected().restarts == 1


def test_work_that_waited_is_done_by_the_next_process_in_its_order() -> None:
    with supervised() as supervisor:
        again = load(work_id="again")
        for work in (load(), picture("{crash}", work_id="1"), again, picture(work_id="2"), picture(work_id="3")):
            supervisor.send("fake", work)
        assert supervisor.notices.next(WorkerGone).work_id == "1"
        supervisor.notices.next_said(ImageMade, "2")
        supervisor.notices.next_said(ImageMade, "3")


def test_a_process_that_is_started_again_has_no_model() -> None:
    with supervised() as supervisor:
        supervisor.connected()
        loaded(supervisor)
        kill(supervisor)
        supervisor.connected()
        supervisor.send("fake", picture())
        failed, _ = supervisor.notices.next_said(WorkFailed)
        assert failed.code == "model_not_loaded"


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "at work"])
def test_a_worker_that_stands_still_is_hung_and_replaced(busy: bool, tmp_path: Path) -> None:
    with supervised(timing=QUICK_TO_JUDGE) as supervisor:
        supervisor.connected()
        if busy:
            loaded(supervisor)
            at_work(supervisor, Gate(tmp_path))
        pid = kill(supervisor, signal.SIGSTOP)
        gone = supervisor.notices.next(WorkerGone)
        assert (gone.pid, gone.cause, gone.on_purpose) == (pid, "hung", None)
        assert gone.work_id == ("picture" if busy else None)
        assert supervisor.connected().pid != pid
        assert not psutil.pid_exists(pid)


def test_three_losses_without_work_hold_it_down_until_a_person_restarts_it() -> None:
    with supervised(policy=STRICT) as supervisor:
        for _ in range(3):
            supervisor.connected()
            kill(supervisor)
            supervisor.notices.next(WorkerGone)
        held = supervisor.notices.next(WorkerHeldDown)
        assert (held.losses, held.within_seconds) == (3, 60)
        assert supervisor.now().state == "quarantined"
        assert supervisor.now().pid is None
        supervisor.restart("fake")
        assert supervisor.connected().state == "idle"


def test_losses_at_work_do_not_hold_it_down() -> None:
    with supervised(policy=STRICT) as supervisor:
        for number in range(4):
            supervisor.send("fake", load())
            supervisor.send("fake", picture("{crash}", work_id=f"{number}"))
            assert supervisor.notices.next(WorkerGone).work_id == f"{number}"
        supervisor.connected()
        assert not supervisor.notices.of(WorkerHeldDown)


@pytest.mark.parametrize(
    "command",
    [("/nonexistent/ddesk",), (sys.executable, "-c", "raise SystemExit('no such engine')")],
    ids=["can't be started", "ends at once"],
)
def test_a_worker_that_never_comes_up_is_held_down_and_says_why(command: tuple[str, ...]) -> None:
    with supervised(WorkerSpec("fake", command), policy=STRICT) as supervisor:
        supervisor.send("fake", picture())  # which waits, and is not to blame
        supervisor.notices.next(WorkerHeldDown)
        losses = supervisor.notices.of(WorkerGone)
        assert len(losses) == 3
        assert all("nonexistent" in gone.words or "no such engine" in gone.stderr_tail for gone in losses)
        assert {gone.work_id for gone in losses} == {None}
        assert not supervisor.notices.of(WorkerConnected)


LOADS_WHAT_IS_NOT_THERE = "import ctypes; ctypes.CDLL('libnothere.so.1')"
KILLS_ITSELF = "import os, signal; os.kill(os.getpid(), signal.SIGILL)"


@pytest.mark.parametrize(
    ("script", "cause", "says"),
    [(LOADS_WHAT_IS_NOT_THERE, "missing_library", "libnothere.so.1"), (KILLS_ITSELF, "unfit_processor", "AVX2")],
)
def test_a_worker_that_this_machine_can_not_run_is_started_once_and_says_why(
    script: str, cause: str, says: str
) -> None:
    with supervised(WorkerSpec("fake", (sys.executable, "-c", script))) as supervisor:
        held = supervisor.notices.next(WorkerHeldDown)
        assert (held.losses, held.cause) == (1, cause)
        assert says in held.words
        assert [gone.cause for gone in supervisor.notices.of(WorkerGone)] == [cause]
        now = supervisor.now()
        assert (now.state, now.problem) == ("quarantined", held.words)


def test_why_it_was_lost_is_no_longer_shown_once_it_is_back() -> None:
    with supervised() as supervisor:
        supervisor.connected()
        kill(supervisor)
        supervisor.notices.next(WorkerGone)
        assert supervisor.connected().problem == ""


def test_a_worker_that_waits_for_its_next_start_is_down_and_can_be_started_at_once() -> None:
    with supervised(policy=Policy(first_delay_seconds=10_000, longest_delay_seconds=10_000)) as supervisor:
        supervisor.connected()
        kill(supervisor)
        supervisor.notices.next(WorkerGone)
        assert supervisor.now().state == "down"
        assert supervisor.now().memory is None
        supervisor.restart("fake")
        assert supervisor.connected().state == "idle"


def test_the_last_words_stay_to_be_seen_while_it_is_down() -> None:
    slow = Policy(first_delay_seconds=10_000, longest_delay_seconds=10_000)
    with supervised(FAKE, policy=slow) as supervisor:
        supervisor.send("fake", load())
        supervisor.send("fake", picture("{abort}"))
        supervisor.notices.next(WorkerGone)
        assert "GGML_ASSERT" in supervisor.now().log_tail
