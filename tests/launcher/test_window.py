"""The page's window, with stand-ins for the browsers: what they were started with is what a person would see."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ddesk.launcher import window
from ddesk.launcher.window import Window
from ddesk.settings import WindowKind

pytestmark = pytest.mark.quick
ADDRESS = "http://127.0.0.1:7433/#code=abc"

Stand = Callable[[str], str]


@pytest.fixture
def default_browser(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr(window, "has_screen", lambda: True)
    return opened


@pytest.fixture
def stand_in(tmp_path: Path) -> Stand:
    """A browser that notes its arguments and then does what it is told to."""

    def make(then: str) -> str:
        path = tmp_path / "browser"
        note = f"import json,sys; open({str(tmp_path / 'told')!r},'w').write(json.dumps(sys.argv[1:]))"
        path.write_text(f"#!{sys.executable}\n{note}\n{then}\n")
        path.chmod(0o755)
        return str(path)

    return make


def opened(tmp_path: Path, browser: str, kind: WindowKind = "app") -> Window:
    shown = Window(kind, browser, tmp_path / "window")
    shown.show(ADDRESS)
    return shown


def told(tmp_path: Path) -> list[str]:
    return list(json.loads((tmp_path / "told").read_text()))


def test_a_browser_of_the_right_family_shows_it_without_tabs(
    tmp_path: Path, stand_in: Stand, default_browser: list[str]
) -> None:
    opened(tmp_path, stand_in("sys.exit(0)"))
    assert any(word.startswith("--app=http://localhost:7433/#code=abc") for word in told(tmp_path))
    assert default_browser == []


def test_one_that_fails_leaves_it_to_the_usual_browser(
    tmp_path: Path, stand_in: Stand, default_browser: list[str]
) -> None:
    opened(tmp_path, stand_in("sys.exit(1)"))
    assert default_browser == [ADDRESS]


def test_where_there_is_none_the_usual_browser_shows_it(tmp_path: Path, default_browser: list[str]) -> None:
    opened(tmp_path, str(tmp_path / "not-there"))
    assert default_browser == [ADDRESS]


def test_a_person_may_want_the_usual_browser(tmp_path: Path, stand_in: Stand, default_browser: list[str]) -> None:
    opened(tmp_path, stand_in("sys.exit(0)"), "browser")
    assert default_browser == [ADDRESS]
    assert not (tmp_path / "told").exists()


def test_a_person_may_want_none(tmp_path: Path, stand_in: Stand, default_browser: list[str]) -> None:
    shown = opened(tmp_path, stand_in("sys.exit(0)"), "none")
    assert not shown.opens
    assert default_browser == []
    assert not (tmp_path / "told").exists()


def test_without_a_screen_nothing_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert not Window("app", "", tmp_path).opens
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert Window("app", "", tmp_path).opens


def test_the_desk_takes_its_window_along_when_it_ends(
    tmp_path: Path, stand_in: Stand, default_browser: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "_SECONDS_TO_FAIL", 0.01)
    shown = opened(tmp_path, stand_in("import time; time.sleep(600)"))
    assert default_browser == []
    assert shown._process is not None
    shown.close()
    assert shown._process.wait(60) != 0


def test_opening_takes_none_of_the_callers_time(tmp_path: Path, stand_in: Stand, default_browser: list[str]) -> None:
    Window("app", stand_in("sys.exit(0)"), tmp_path / "window").open(ADDRESS)
    while not (tmp_path / "told").exists():
        time.sleep(0.001)
