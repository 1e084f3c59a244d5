"""A desk opened as a person opens it: in a window of its own, which may be closed."""

import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from websockets.sync.client import connect

from tests.conftest import CHROMIUM, CHROMIUM_FLAGS, OpenDesk
from tests.desk.test_losses import until_sampling
from tests.desk_process import SECONDS, DeskProcess

ENDS_ALONE = {"DDESK_END_AFTER_SECONDS": "1"}


def a_page_comes_and_goes(desk: DeskProcess) -> None:
    """Signed in as a person's, it listens for a while."""
    cookie = desk.http.post("/api/session", json={"code": desk.launch_url.split("#code=")[1]}).headers["set-cookie"]
    url = desk.url.replace("http", "ws", 1) + "/api/live"
    headers = {"Cookie": cookie.split(";")[0]}
    with connect(url, additional_headers=headers, proxy=None, max_size=None, open_timeout=SECONDS) as page:
        page.recv(SECONDS)


def test_it_ends_by_itself_after_its_last_page_was_closed(open_desk: OpenDesk) -> None:
    desk = open_desk(environment=ENDS_ALONE)
    processes = desk.processes()
    a_page_comes_and_goes(desk)
    assert desk.process.wait(SECONDS) == 0
    assert not psutil.wait_procs(processes, timeout=3)[1]


def test_never_in_the_middle_of_a_job(open_desk: OpenDesk) -> None:
    desk = open_desk(environment=ENDS_ALONE)
    with desk.live() as live:
        live.until_type("ready")
        id_ = desk.request(seed=1, width=128, height=128, steps=16)
        until_sampling(live, id_)
        a_page_comes_and_goes(desk)
        live.until_event("GenerationCompleted", stream=f"generation-{id_}")
    assert desk.process.wait(SECONDS) == 0
    again = open_desk()
    assert "GenerationInterrupted" not in again.story(id_)


def test_a_program_that_listens_is_no_page(open_desk: OpenDesk) -> None:
    desk = open_desk(environment=ENDS_ALONE)
    with desk.live() as live:
        live.until_type("ready")
        a_page_comes_and_goes(desk)
        assert desk.process.wait(SECONDS) == 0


def until_looked_at(desk: DeskProcess) -> None:
    while desk.get("/api/system")["pages"] == 0:
        assert desk.process.poll() is None


def window(desk: DeskProcess) -> psutil.Process:
    """The browser that the desk has started."""
    children = psutil.Process(desk.process.pid).children()
    return next(each for each in children if any(word.startswith("--app=") for word in each.cmdline()))


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Path]:
    """Chromium without a screen, as a program that a person might name; it goes with the test."""
    if not CHROMIUM:
        pytest.skip("no Chromium: `apt-get install chromium`, or name it in CHROMIUM")
    script, pid = tmp_path / "browser", tmp_path / "pid"
    flags = shlex.join([*CHROMIUM_FLAGS, "--headless=new", "--disable-quic"])
    script.write_text(f'#!/bin/sh\necho $$ > {pid}\nexec {CHROMIUM} {flags} "$@"\n')
    script.chmod(0o755)
    yield script
    if pid.exists() and psutil.pid_exists(int(pid.read_text())):
        psutil.Process(int(pid.read_text())).kill()


def test_closing_the_window_of_its_own_ends_it(open_desk: OpenDesk, browser: Path) -> None:
    """The window found the desk, was let in, and was missed: all of it, or the desk would stay."""
    named = {"DDESK_BROWSER": str(browser), "DISPLAY": ":1", **ENDS_ALONE}
    desk = open_desk("--window", "app", environment=named)
    until_looked_at(desk)
    window(desk).terminate()
    assert desk.process.wait(SECONDS) == 0


def test_ending_the_desk_closes_its_window(open_desk: OpenDesk, browser: Path) -> None:
    desk = open_desk("--window", "app", environment={"DDESK_BROWSER": str(browser), "DISPLAY": ":1"})
    until_looked_at(desk)
    shown = window(desk)
    assert desk.stop() == 0
    assert not psutil.wait_procs([shown], timeout=SECONDS)[1]


def test_a_second_start_while_the_first_is_starting_waits_for_it(new_data: Path) -> None:
    command = [sys.executable, "-m", "ddesk", "--data-dir", str(new_data), "--port", "0", "--window", "none"]
    starts = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        lines = []
        for each in starts:
            assert each.stdout
            lines.append(each.stdout.readline())
        assert sorted(line.partition(": http")[0] for line in lines) == [
            "DiffusionDesk is ready",
            "DiffusionDesk is running already",
            "DiffusionDesk is running already",
        ]
    finally:
        for each in starts:
            each.send_signal(signal.SIGINT)
            each.communicate(timeout=SECONDS)
