"""How long a person waits for the page after starting the desk."""

import http.client
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from tests.bench.opened_desk import opened_desk
from tests.bench.row import Row
from tests.conftest import CHROMIUM, CHROMIUM_FLAGS

MOST_SECONDS = 1.0
GUARD_SECONDS = 60
PROMPT_BOX = "textarea#prompt:not([disabled])"


def rows(folder: Path, launches: int) -> list[Row]:
    """From source, on a data directory and with bytecode that an earlier start has left."""
    with opened_desk(folder / "launch"):
        pass
    answered = _median(launches, lambda: _seconds_to_answer(folder))
    first = Row("launch to the first answer, from source", f"{answered:.2f} s")
    name, target = "launch to usable page, from source", f"≤ {MOST_SECONDS:.1f} s"
    if not CHROMIUM:
        return [first, Row(name, "not measured: no Chromium", target)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        usable = _median(launches, lambda: _seconds_to_page(folder, browser))
        browser.close()
    return [first, Row(name, f"{usable:.2f} s", target, usable <= MOST_SECONDS)]


def _median(times: int, measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(times))


def _seconds_to_answer(folder: Path) -> float:
    began = perf_counter()
    with _launched(folder) as address:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=GUARD_SECONDS)
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        taken = perf_counter() - began
        connection.close()
        assert answer.status == http.client.OK
    return taken


def _seconds_to_page(folder: Path, browser: Browser) -> float:
    """The browser runs already, and has never seen this desk: it signs in, and the prompt may be typed."""
    context = browser.new_context()
    page = context.new_page()
    began = perf_counter()
    with _launched(folder) as address:
        page.goto(address, wait_until="commit")
        page.locator(PROMPT_BOX).wait_for(state="visible")
        taken = perf_counter() - began
        context.close()
    return taken


@contextmanager
def _launched(folder: Path) -> Iterator[str]:
    """The address that the desk prints when it answers, with its launch code."""
    flags = ("--data-dir", str(folder / "launch"), "--port", "0", "--no-browser")
    with subprocess.Popen([sys.executable, "-m", "ddesk", *flags], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(GUARD_SECONDS)
