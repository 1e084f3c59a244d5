"""How long a person waits for the page after starting the desk."""

import http.client
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from build import report
from build.variant import Variant
from tests.bench.opened_desk import opened_desk
from tests.bench.row import Row
from tests.conftest import CHROMIUM, CHROMIUM_FLAGS

FROM_SOURCE = (sys.executable, "-m", "ddesk")
EXECUTABLE = (str(Variant().program),)
MOST_SECONDS = {"from source": 1.0, "from the executable": 1.5}
MOST_SECONDS_AT_FIRST = 4.0
MOST_MIB = 120
GUARD_SECONDS = 60
PROMPT_BOX = "textarea#prompt:not([disabled])"


def rows(folder: Path, launches: int) -> list[Row]:
    """On a data directory and with bytecode, or an unpacked executable, that an earlier start has left; and without."""
    with opened_desk(folder / "launch"):
        pass
    programs: dict[str, Sequence[str]] = {"from source": FROM_SOURCE}
    if Path(*EXECUTABLE).exists():
        programs["from the executable"] = EXECUTABLE
    return [*_size(), *(row for how, program in programs.items() for row in _of_one(folder, launches, how, program))]


def _size() -> Iterator[Row]:
    plain = Variant()
    if plain.program.exists():
        mib = plain.program.stat().st_size / (1 << 20)
        yield Row("the executable", f"{mib:.0f} MiB", f"≤ {MOST_MIB} MiB", mib <= MOST_MIB)
    if times := report.build_seconds(plain):
        yield Row("building it", f"{times[1] / 60:.0f} min at first, {times[0]:.0f} s where nothing has changed")


def _of_one(folder: Path, launches: int, how: str, program: Sequence[str]) -> Iterator[Row]:
    place = folder / "launch"
    with _launched(place, program):
        pass
    answered = _median(launches, lambda: _seconds_to_answer(place, program))
    yield Row(f"launch to the first answer, {how}", f"{answered:.2f} s")
    if not CHROMIUM:
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        usable = _median(launches, lambda: _seconds_to_page(place, program, browser))
        at_first = _median(launches, lambda: _seconds_at_first(program, browser))
        browser.close()
    most = MOST_SECONDS[how]
    yield Row(f"launch to usable page, {how}", f"{usable:.2f} s", f"≤ {most:.1f} s", usable <= most)
    target, met = f"≤ {MOST_SECONDS_AT_FIRST:.1f} s", at_first <= MOST_SECONDS_AT_FIRST
    yield Row(f"the first launch of all, {how}", f"{at_first:.2f} s", target, met)


def _seconds_at_first(program: Sequence[str], browser: Browser) -> float:
    """In a home without anything in it: an executable unpacks itself."""
    with tempfile.TemporaryDirectory(prefix="ddesk-home-", ignore_cleanup_errors=True) as home:
        return _seconds_to_page(Path(home, "data"), program, browser, XDG_CACHE_HOME=home)


def _median(times: int, measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(times))


def _seconds_to_answer(data: Path, program: Sequence[str]) -> float:
    began = perf_counter()
    with _launched(data, program) as address:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=GUARD_SECONDS)
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        taken = perf_counter() - began
        connection.close()
        assert answer.status == http.client.OK
    return taken


def _seconds_to_page(data: Path, program: Sequence[str], browser: Browser, **environment: str) -> float:
    """The browser runs already, and has never seen this desk: it signs in, and the prompt may be typed."""
    context = browser.new_context()
    page = context.new_page()
    began = perf_counter()
    with _launched(data, program, **environment) as address:
        page.goto(address, wait_until="commit")
        page.locator(PROMPT_BOX).wait_for(state="visible")
        taken = perf_counter() - began
        context.close()
    return taken


@contextmanager
def _launched(data: Path, program: Sequence[str], **environment: str) -> Iterator[str]:
    """The address that the desk prints when it answers, with its launch code."""
    command = [*program, "--data-dir", str(data), "--port", "0", "--window", "none"]
    with subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(GUARD_SECONDS)
