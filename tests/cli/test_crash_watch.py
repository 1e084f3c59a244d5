"""Every way in which a desk can end by mistake, tried in a process of its own."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ddesk.store.crash_reports import Crash, latest, settle

pytestmark = pytest.mark.quick

SCRIPT = """
import asyncio, ctypes, os, signal, threading
from pathlib import Path
from ddesk.cli.crash_watch import watched
from ddesk.errors import Fault

def fail():
    raise RuntimeError("boom")

async def in_the_loop(watch, doing):
    loop = asyncio.get_running_loop()
    watch.follow(loop)
    await doing(loop)

with watched(Path({folder!r}), "1.2") as watch:
{body}
print("went on")
"""

IN_A_CALLBACK = """
async def doing(loop):
    loop.call_soon(fail)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
asyncio.run(in_the_loop(watch, doing))
"""
IN_A_TASK = """
async def task():
    fail()
async def doing(loop):
    asyncio.create_task(task())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
asyncio.run(in_the_loop(watch, doing))
"""
OF_A_PEER = """
def reset():
    raise ConnectionResetError("gone")
async def doing(loop):
    loop.call_soon(reset)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
asyncio.run(in_the_loop(watch, doing))
"""
IN_A_THREAD = """
thread = threading.Thread(target=fail)
thread.start()
thread.join()
"""


def ended(folder: Path, body: str) -> tuple[subprocess.CompletedProcess[str], Crash | None]:
    """How the process ended, and what the next desk finds."""
    script = SCRIPT.format(folder=str(folder), body=textwrap.indent(body, "    "))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    settle(folder, machine_started_at=0)
    return done, latest(folder)


def test_an_exception_is_reported_and_raised_as_a_fault_that_names_the_report(tmp_path: Path) -> None:
    done, crash = ended(tmp_path, "fail()")
    assert crash
    assert (crash.kind, crash.ended, crash.words) == ("exception", True, "The desk made a mistake: RuntimeError: boom.")
    assert "in fail" in crash.report
    assert done.returncode == 1
    assert "ddesk.errors.Fault: The desk made a mistake and had to end: RuntimeError: boom" in done.stderr


@pytest.mark.parametrize("body", [IN_A_THREAD, IN_A_CALLBACK, IN_A_TASK], ids=["thread", "callback", "task"])
def test_an_exception_that_ends_a_part_is_reported_and_the_desk_goes_on(tmp_path: Path, body: str) -> None:
    done, crash = ended(tmp_path, body)
    assert done.stdout == "went on\n"
    assert crash
    assert (crash.kind, crash.ended) == ("exception", False)
    assert crash.words == "A part of the desk failed: RuntimeError: boom."
    assert "in fail" in crash.report
    assert "RuntimeError: boom" in done.stderr


@pytest.mark.parametrize(
    ("body", "number", "what"),
    [
        ("ctypes.string_at(0)", signal.SIGSEGV, "Segmentation fault"),
        ("os.abort()", signal.SIGABRT, "Aborted"),
        ("os.kill(os.getpid(), signal.SIGILL)", signal.SIGILL, "Illegal instruction"),
    ],
)
def test_a_native_fault_is_reported(tmp_path: Path, body: str, number: int, what: str) -> None:
    done, crash = ended(tmp_path, body)
    assert done.returncode == -number
    assert crash
    assert (crash.kind, crash.words) == ("fault", f"The program itself crashed: {what}.")
    assert "most recent call first" in crash.report


def test_a_killed_desk_is_told_apart_from_one_that_crashed(tmp_path: Path) -> None:
    _, crash = ended(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)")
    assert crash
    assert crash.kind == "silence"


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "raise SystemExit(3)",
        "raise KeyboardInterrupt",
        "raise Fault('ports_taken', 'All are taken.')",
        "raise OSError('no room')",
        "os.kill(os.getpid(), signal.SIGTERM)",
        "os.kill(os.getpid(), signal.SIGHUP)",
        "os.kill(os.getpid(), signal.SIGINT)",
        "watch.asked_to_end(); os._exit(130)",
        "watch.asked_to_end(); os.kill(os.getpid(), signal.SIGKILL)",
        OF_A_PEER,
    ],
)
def test_what_a_person_wanted_or_is_told_otherwise_is_no_crash(tmp_path: Path, body: str) -> None:
    _, crash = ended(tmp_path, body)
    assert crash is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_desk_that_is_not_there_yet_is_ended_by_the_signal_itself(tmp_path: Path, name: str) -> None:
    done, _ = ended(tmp_path, f"os.kill(os.getpid(), signal.{name})")
    assert done.returncode == -getattr(signal, name)
