"""Which browser shows the page in a window of its own, and how."""

from pathlib import Path

import pytest

from ddesk.launcher import browsers

pytestmark = pytest.mark.quick
ADDRESS = "http://127.0.0.1:7433/#code=abc"


def program(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_first_that_is_installed_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browsers.find() is None
    edge = program(tmp_path, "microsoft-edge")
    assert browsers.find() == str(edge)
    chromium = program(tmp_path, "chromium")
    assert browsers.find() == str(chromium)


def test_a_person_may_name_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    program(tmp_path / "bin", "chromium")
    own = program(tmp_path / "own", "browser")
    assert browsers.find(str(own)) == str(own)
    assert browsers.find("not-there") is None


def test_paths_are_filled_in_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr("shutil.which", lambda path: path if Path(path).is_file() else None)
    program(tmp_path / "Microsoft/Edge/Application", "msedge.exe")
    environment = {"ProgramFiles": "/nowhere", "ProgramFiles(x86)": str(tmp_path), "LOCALAPPDATA": "/nowhere"}
    assert browsers.find("", environment) == f"{tmp_path}/Microsoft/Edge/Application/msedge.exe"


def test_the_window_has_no_tabs_and_a_profile_of_its_own(tmp_path: Path) -> None:
    command = browsers.app_command("chromium", ADDRESS, tmp_path / "window")
    assert "--app=http://localhost:7433/#code=abc" in command
    assert f"--user-data-dir={tmp_path / 'window'}" in command


def test_only_the_first_window_is_given_a_size(tmp_path: Path) -> None:
    def sized() -> bool:
        return any("--window-size" in word for word in browsers.app_command("chromium", ADDRESS, tmp_path / "window"))

    assert sized()
    (tmp_path / "window").mkdir()
    assert not sized()


def test_a_snap_keeps_its_profile_where_it_may_write(tmp_path: Path) -> None:
    own = tmp_path / "window"
    assert browsers.profile("/usr/bin/chromium", own, tmp_path) == own
    assert browsers.profile("/snap/bin/chromium", own, tmp_path) == tmp_path / "snap/chromium/common/ddesk"
