import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from ddesk.settings import ENVIRONMENT_PREFIX
from tests.desk_process import DeskProcess

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
"""Every process that a test starts would compile the desk anew, which takes longer than starting it."""

for setting in [name for name in os.environ if name.startswith(ENVIRONMENT_PREFIX)]:
    del os.environ[setting]  # a person's own, which the desks of the tests would follow

if not os.environ.get("CI"):  # there Hypothesis has a profile of its own, without deadlines too
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")

_MOST_PROCESSES = 8

OpenDesk = Callable[..., DeskProcess]


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One for each core where all tests are asked for, as most of them wait for a process; a few by name run here."""
    asked_for_all = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.option.markexpr
    return min(os.cpu_count() or 1, _MOST_PROCESSES) if asked_for_all else 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The compiler comes first, as it takes longest. The browser's tests come last, as Playwright keeps an event loop
    running on the main thread from then on.

    Without a browser a person's run skips them; CI must have one.
    """
    items.sort(key=lambda item: "page" in getattr(item, "fixturenames", ()))
    items.sort(key=lambda item: item.get_closest_marker("compiled") is None)
    if CHROMIUM:
        return
    for item in items:
        if "page" in getattr(item, "fixturenames", ()):
            if os.environ.get("CI"):
                item.add_marker(pytest.mark.no_browser)
            else:
                item.add_marker(
                    pytest.mark.skip(reason="no Chromium: `apt-get install chromium`, or name it in CHROMIUM")
                )


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("no_browser"):
        pytest.fail("CI has no Chromium: apt-get install chromium", pytrace=False)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def first_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskProcess]:
    """A desk that tests share, started on an empty directory; they leave no work behind in it."""
    desk = DeskProcess(tmp_path_factory.mktemp("first-desk"))
    desk.until("ImagePresetCreated")
    desk.until("WorkerReady", stream="worker-image")
    yield desk
    assert desk.stop() == 0


@pytest.fixture
def new_data(first_desk: DeskProcess, tmp_path: Path) -> Path:
    """A data directory with nothing but the unpacked starter model, linked from that of the shared desk."""
    data = tmp_path / "data"
    shutil.copytree(first_desk.data / "models", data / "models", copy_function=os.link)
    shutil.copytree(first_desk.data / "cache", data / "cache")
    return data


@pytest.fixture
def open_desk(new_data: Path) -> Iterator[OpenDesk]:
    """Opens desks on a directory of the test's own; whatever still runs at its end is ended."""
    opened: list[DeskProcess] = []

    def start(*flags: str, **more: Any) -> DeskProcess:
        is_new = not (new_data / "log.db").exists()
        opened.append(DeskProcess(new_data, *flags, **more))
        if is_new:
            opened[-1].until("ImagePresetCreated")
        return opened[-1]

    yield start
    for desk in opened:
        desk.stop()


@pytest.fixture
def desk(open_desk: OpenDesk) -> DeskProcess:
    """A desk of the test's own, its image worker ready."""
    own = open_desk()
    own.until("WorkerReady", stream="worker-image")
    return own
