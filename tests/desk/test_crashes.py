"""A desk that ended by mistake tells of it at its next start, once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.conftest import OpenDesk
from tests.desk_process import SECONDS

BROKEN = """
import sys
from ddesk.cli import main, serve

def broken(*_):
    raise RuntimeError("boom")

serve.create_application = broken
sys.exit(main(sys.argv[1:]))
"""


def test_a_killed_desk_is_told_of_until_that_is_dismissed(open_desk: OpenDesk, new_data: Path) -> None:
    first = open_desk()
    assert first.get("/api/system/crash") is None
    first.kill()
    for _ in range(2):
        desk = open_desk()
        crash = desk.get("/api/system/crash")
        assert (crash["kind"], crash["ended"], crash["dismissed"]) == ("silence", True, False)
        assert desk.get("/api/system")["started_at"] > crash["at"]
        assert (new_data / "logs" / "desk.log").read_text().count("did not end in order") == 1
        assert desk.stop() == 0
    desk = open_desk()
    assert desk.post("/api/system/crash/dismiss")["dismissed"]
    desk.stop()
    again = open_desk()
    assert again.get("/api/system/crash")["dismissed"]
    again.kill()
    assert not open_desk().get("/api/system/crash")["dismissed"]


def test_a_native_fault_leaves_its_traceback(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.process.send_signal(signal.SIGSEGV)
    assert desk.process.wait(SECONDS) == -signal.SIGSEGV
    crash = open_desk().get("/api/system/crash")
    assert (crash["kind"], crash["words"]) == ("fault", "The program itself crashed: Segmentation fault.")
    assert "cli/serve.py" in crash["report"]


def test_a_mistake_is_told_in_words_and_reported(open_desk: OpenDesk, new_data: Path) -> None:
    command = [sys.executable, "-c", BROKEN, "--data-dir", str(new_data), "--port", "0", "--no-browser"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 1
    assert "ddesk: The desk made a mistake and had to end: RuntimeError: boom" in done.stderr
    crash = open_desk().get("/api/system/crash")
    assert (crash["kind"], crash["words"]) == ("exception", "The desk made a mistake: RuntimeError: boom.")


def test_a_second_ctrl_c_is_no_crash(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.until("WorkerReady", stream="worker-image")
    os.kill(desk.worker()["pid"], signal.SIGSTOP)
    desk.process.send_signal(signal.SIGINT)
    desk.process.send_signal(signal.SIGINT)
    assert desk.process.wait(SECONDS) in (0, 130)
    assert open_desk().get("/api/system/crash") is None
