"""Asking, cancelling, stopping, and workers that don't keep to the rules."""

import sys
import threading
from pathlib import Path

import psutil
import pytest

from ddesk.protocol.messages import (
    PROTOCOL_VERSION,
    ImageMade,
    ModelLoadDone,
    Preview,
    Progress,
    WorkCancelled,
)
from ddesk.supervision.notices import SupervisorNotice, WorkerConnected, WorkerGone, WorkerSpawned
from ddesk.supervision.restart_policy import Policy
from ddesk.supervision.spec import Timing, WorkerSpec
from ddesk.supervision.supervisor import Supervisor
from ddesk.supervision.transport import Transport
from tests.supervised import BRISK, FAKE, Gate, Notices, Supervised, load, logged, picture, supervised

NEVER_AGAIN = Policy(first_delay_seconds=10_000, longest_delay_seconds=10_000)
STUBBORN_ENGINE = WorkerSpec("fake", FAKE.command, {"can_abort": "no"})


def rogue(conduct: str) -> WorkerSpec:
    return WorkerSpec("fake", (sys.executable, str(Path(__file__).with_name("rogue.py")), conduct))


def at_work(supervisor: Supervised, gate: Gate, prompt: str = "") -> int:
    """In the middle of a picture, its model loaded; the process's id."""
    supervisor.send("fake", load())
    supervisor.send("fake", picture(prompt + gate.directive))
    supervisor.notices.next_said(Progress, "picture")
    pid = supervisor.now().pid
    assert pid is not None
    return pid


@pytest.mark.parametrize("transport", ["ipc", "tcp"])
def test_a_picture_comes_over_either_transport(transport: Transport) -> None:
    with supervised(transport=transport) as supervisor:
        supervisor.send("fake", load())
        supervisor.send("fake", picture())
        made, png = supervisor.notices.next_said(ImageMade, "picture")
        assert made.seed == 7
        assert png.startswith(b"\x89PNG")


def test_the_status_follows_a_worker_through_its_work(tmp_path: Path) -> None:
    supervisor, gate = Supervised(), Gate(tmp_path)
    assert (supervisor.now().state, supervisor.now().pid) == ("starting", None)
    supervisor.start()
    supervisor.connected()
    now = supervisor.now()
    assert (now.state, now.kind, now.engine, now.model_loaded, now.restarts) == ("idle", "fake", "fake", None, 0)
    assert now.memory is not None
    assert now.seen_seconds_ago is not None
    at_work(supervisor, gate)
    assert supervisor.now().state == "busy"
    gate.open()
    supervisor.notices.next_said(ImageMade)
    assert supervisor.now().state == "idle"
    supervisor.stop()
    assert (supervisor.now().state, supervisor.now().pid) == ("down", None)


def test_one_preview_comes_until_it_was_seen(tmp_path: Path) -> None:
    with supervised() as supervisor:
        supervisor.send("fake", load())
        supervisor.send("fake", picture(steps=6))
        supervisor.notices.next_said(ImageMade)
        assert len(supervisor.notices.said(Preview)) == 1
        gate = Gate(tmp_path)
        supervisor.send("fake", picture(gate.directive, work_id="seen", steps=6))
        first, _ = supervisor.notices.next_said(Preview, "seen")
        supervisor.preview_seen("fake", "seen")
        gate.open()
        second, _ = supervisor.notices.next_said(Preview, "seen")
        assert second.step > first.step


def test_a_listener_that_fails_or_asks_back_hinders_nothing() -> None:
    told = Notices()

    def listener(notice: SupervisorNotice) -> None:
        told(notice)
        assert supervisor.status()[0].worker == "fake"
        raise RuntimeError("the listener's own fault")

    supervisor = Supervisor([FAKE], listener, timing=BRISK)
    supervisor.start()
    supervisor.send("fake", load())
    told.next_said(ModelLoadDone)
    supervisor.stop()


# Cancelling ----------------------------------------------------------------------------------------------------------


def test_work_that_waits_is_cancelled_without_the_worker(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    with supervised() as supervisor:
        at_work(supervisor, gate)
        supervisor.send("fake", picture(work_id="later"))
        supervisor.cancel("fake", "later")
        supervisor.notices.next_said(WorkCancelled, "later")
        gate.open()
        supervisor.notices.next_said(ImageMade, "picture")
        supervisor.send("fake", picture(work_id="last"))
        supervisor.notices.next_said(ImageMade)
        assert [made.work_id for made in supervisor.notices.said(ImageMade)] == ["picture", "last"]


def test_running_work_stops_and_the_same_process_goes_on(tmp_path: Path) -> None:
    with supervised() as supervisor:
        pid = at_work(supervisor, Gate(tmp_path))
        supervisor.cancel("fake", "picture")
        supervisor.notices.next_said(WorkCancelled, "picture")
        supervisor.send("fake", picture(work_id="next"))
        supervisor.notices.next_said(ImageMade, "next")
        assert supervisor.now().pid == pid


@pytest.mark.parametrize("why", ["cannot abort", "does not confirm in time"])
def test_work_that_does_not_stop_is_ended_with_its_process_and_what_waits_is_done_by_the_next(
    why: str, tmp_path: Path
) -> None:
    cannot = why == "cannot abort"
    timing = BRISK if cannot else Timing(heartbeat_seconds=0.1, missed_heartbeats=100, cancel_seconds=0.2)
    with supervised(STUBBORN_ENGINE if cannot else FAKE, timing=timing, policy=NEVER_AGAIN) as supervisor:
        pid = at_work(supervisor, Gate(tmp_path), "" if cannot else "{stubborn}")
        supervisor.send("fake", load(work_id="again"))
        supervisor.send("fake", picture(work_id="next"))
        supervisor.cancel("fake", "picture")
        gone = supervisor.notices.next(WorkerGone)
        assert (gone.pid, gone.on_purpose, gone.work_id) == (pid, "cancel", "picture")
        assert supervisor.notices.next(WorkerSpawned).restarts == 0
        supervisor.notices.next_said(ModelLoadDone, "again")
        supervisor.notices.next_said(ImageMade, "next")


def test_cancelling_work_that_is_over_or_unknown_changes_nothing() -> None:
    with supervised(STUBBORN_ENGINE) as supervisor:
        supervisor.send("fake", load())
        supervisor.send("fake", picture())
        supervisor.notices.next_said(ImageMade)
        supervisor.cancel("fake", "picture")
        supervisor.cancel("fake", "nobody's")
        supervisor.send("fake", picture(work_id="next"))
        supervisor.notices.next_said(ImageMade, "next")
        assert not supervisor.notices.of(WorkerGone)


def test_a_restart_on_request_is_clean_and_counts_as_none() -> None:
    with supervised(policy=NEVER_AGAIN) as supervisor:
        supervisor.send("fake", load())
        supervisor.notices.next_said(ModelLoadDone)
        supervisor.restart("fake")
        gone = supervisor.notices.next(WorkerGone)
        assert (gone.on_purpose, gone.exit_code, gone.signal) == ("clean", 0, None)
        again = supervisor.connected()
        assert (again.restarts, again.model_loaded) == (0, None)


# Stopping ------------------------------------------------------------------------------------------------------------


def test_stopping_ends_an_idle_worker_in_order() -> None:
    supervisor = Supervised()
    supervisor.start()
    pid = supervisor.connected().pid
    supervisor.stop()
    gone = supervisor.notices.next(WorkerGone)
    assert (gone.pid, gone.on_purpose, gone.exit_code) == (pid, "shutdown", 0)
    assert pid is not None
    assert not psutil.pid_exists(pid)


def test_stopping_ends_a_worker_whose_engine_never_looks_up(tmp_path: Path) -> None:
    supervisor = Supervised()
    supervisor.start()
    pid = at_work(supervisor, Gate(tmp_path), "{stubborn}")
    supervisor.stop()
    assert not psutil.pid_exists(pid)


def test_stopping_ends_a_worker_that_stands_still() -> None:
    supervisor = Supervised()
    supervisor.start()
    pid = supervisor.connected().pid
    assert pid is not None
    psutil.Process(pid).suspend()
    supervisor.stop()
    assert not psutil.pid_exists(pid)


def test_stopping_ends_a_worker_that_never_connected_and_ignores_sigterm() -> None:
    supervisor = Supervised(rogue("deaf"))
    with logged("deaf") as ready:
        supervisor.start()
        pid = supervisor.notices.next(WorkerSpawned).pid
        assert ready.wait(60)
    supervisor.stop()
    assert not psutil.pid_exists(pid)


def test_stopping_is_final_and_may_be_repeated() -> None:
    supervisor = Supervised()
    supervisor.start()
    supervisor.connected()
    supervisor.stop()
    supervisor.stop()
    supervisor.restart("fake")
    supervisor.send("fake", load())
    assert supervisor.now().state == "down"
    assert len(supervisor.notices.of(WorkerSpawned)) == 1


def test_a_supervisor_that_never_started_can_be_stopped() -> None:
    supervisor = Supervised()
    supervisor.stop()
    assert supervisor.now().state == "starting"


# Workers that don't keep to the rules --------------------------------------------------------------------------------


@pytest.mark.parametrize(("conduct", "words"), [("garbage", "wire language"), ("oversized", "")])
def test_a_worker_that_breaks_the_wire_is_lost_with_its_work(conduct: str, words: str) -> None:
    timing = Timing(heartbeat_seconds=0.1, missed_heartbeats=20)
    with supervised(rogue(conduct), timing=timing, policy=NEVER_AGAIN, max_frame_bytes=1 << 20) as supervisor:
        supervisor.send("fake", picture())
        gone = supervisor.notices.next(WorkerGone)
        assert (gone.work_id, gone.on_purpose) == ("picture", None)
        assert words in gone.words


def test_a_worker_of_another_version_is_refused_in_plain_words() -> None:
    with supervised(rogue("other_version"), policy=NEVER_AGAIN) as supervisor:
        gone = supervisor.notices.next(WorkerGone)
        assert f"version {PROTOCOL_VERSION + 1}" in gone.words
        assert not supervisor.notices.of(WorkerConnected)


def test_a_process_without_the_secret_is_logged_and_never_told_of() -> None:
    with logged("Refused a stranger") as refused, supervised(rogue("wrong_secret"), policy=NEVER_AGAIN) as supervisor:
        supervisor.notices.next(WorkerSpawned)
        assert refused.wait(60)
        assert supervisor.now().state == "starting"
    assert not supervisor.notices.of(WorkerConnected)


def test_a_worker_that_never_says_hello_is_replaced() -> None:
    timing = Timing(heartbeat_seconds=0.1, hello_seconds=0.5)
    with supervised(rogue("deaf"), timing=timing) as supervisor:
        gone = supervisor.notices.next(WorkerGone)
        assert (gone.cause, gone.work_id) == ("hung", None)
        supervisor.notices.next(WorkerSpawned)


def test_a_worker_that_falls_silent_is_hung() -> None:
    with supervised(rogue("mute"), timing=Timing(heartbeat_seconds=0.05, missed_heartbeats=5)) as supervisor:
        supervisor.connected()
        assert supervisor.notices.next(WorkerGone).cause == "hung"


def test_what_a_worker_writes_is_logged_and_cannot_reach_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    script = "import sys; print('out\\x1b[2J'); print('err\\x07', file=sys.stderr); sys.stdin.read()"
    with (
        logged("out·[2J") as out,
        logged("err·") as err,
        supervised(WorkerSpec("fake", (sys.executable, "-c", script))),
    ):
        assert out.wait(60)
        assert err.wait(60)
    assert capfd.readouterr() == ("", "")


def test_the_secret_is_given_by_stdin_alone() -> None:
    script = (
        "import json, sys; from pathlib import Path; told = json.loads(sys.stdin.readline())['secret'].encode();"
        "seen = [Path('/proc/self/cmdline').read_bytes(), Path('/proc/self/environ').read_bytes()];"
        "print('leaked' if any(told in part for part in seen) else 'kept', flush=True); sys.stdin.read()"
    )
    with logged("kept") as kept, supervised(WorkerSpec("fake", (sys.executable, "-c", script))):
        assert kept.wait(60)


def test_a_mistake_of_the_supervisors_own_ends_its_workers_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    mistakes: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda failed: mistakes.append(failed.exc_value))
    mistake = RuntimeError("of the supervisor's own")

    def fail(_: float) -> None:
        raise mistake

    with supervised() as supervisor:
        supervisor.notices.next(WorkerConnected)
        pid = supervisor.now().pid
        assert pid is not None
        process = psutil.Process(pid)
        link = supervisor._link
        assert link is not None
        monkeypatch.setattr(link, "wait", fail)
        link.wake()
        assert supervisor._thread is not None
        supervisor._thread.join(60)
        assert mistakes == [mistake]
        process.wait(60)
