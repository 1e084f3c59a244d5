"""The entry among what starts at login."""

import plistlib
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddesk import paths
from ddesk.errors import Fault
from ddesk.launcher import login

pytestmark = pytest.mark.quick
COMMAND = ("/opt/my programs/ddesk", "--window", "none")


@pytest.fixture
def autostart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "autostart"


def test_it_comes_and_goes_as_it_is_wanted(autostart: Path) -> None:
    login.arrange("ddesk", COMMAND, wanted=True)
    assert 'Exec="/opt/my programs/ddesk" --window none\n' in (autostart / "ddesk.desktop").read_text()
    login.arrange("ddesk", COMMAND, wanted=False)
    login.arrange("ddesk", COMMAND, wanted=False)
    assert list(autostart.iterdir()) == []


def test_a_program_that_was_moved_is_followed(autostart: Path) -> None:
    login.arrange("ddesk", COMMAND, wanted=True)
    login.arrange("ddesk", ("/elsewhere/ddesk",), wanted=True)
    assert "Exec=/elsewhere/ddesk\n" in (autostart / "ddesk.desktop").read_text()


def test_each_data_directory_has_an_entry_of_its_own(tmp_path: Path) -> None:
    name, command = paths.login_entry(paths.default_data_dir())
    assert (name, "--data-dir" in command) == ("ddesk", False)
    other, command = paths.login_entry(tmp_path)
    assert other != name
    assert command[-4:] == ("--data-dir", str(tmp_path), "--window", "none")


def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    with pytest.raises(Fault) as refused:
        login.arrange("ddesk", COMMAND, wanted=True)
    assert refused.value.code == "login_entry_unwritable"


def test_on_macos_it_is_a_launch_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    login.arrange("ddesk", COMMAND, wanted=True)
    told = plistlib.loads((tmp_path / "Library/LaunchAgents/ddesk.plist").read_bytes())
    assert (told["Label"], told["ProgramArguments"], told["RunAtLoad"]) == ("ddesk", list(COMMAND), True)


PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)


@given(st.text(PRINTABLE, min_size=1))
def test_any_word_comes_out_of_the_entry_as_it_went_in(word: str) -> None:
    """Read back by the two rules of the specification: that of values in the file, then that of Exec."""
    line = login.desktop_entry(["ddesk", word]).partition("Exec=")[2].rstrip("\n")
    words = re.findall(r'"((?:\\.|[^"\\])*)"|(\S+)', line.replace("\\\\", "\\"))
    read = [re.sub(r"\\(.)", r"\1", quoted) if quoted else plain for quoted, plain in words]
    assert [each.replace("%%", "%") for each in read] == ["ddesk", word]


def test_the_entry_is_a_valid_one(autostart: Path, tmp_path: Path) -> None:
    validator = "/usr/bin/desktop-file-validate"
    if not Path(validator).exists():
        pytest.skip("no desktop-file-validate: apt-get install desktop-file-utils")
    login.arrange("ddesk", ("/opt/a b/$c", *COMMAND), wanted=True)
    done = subprocess.run([validator, autostart / "ddesk.desktop"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
