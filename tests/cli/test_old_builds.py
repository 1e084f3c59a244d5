"""What earlier builds unpacked goes, and nothing that is in use or is something else."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ddesk.cli.old_builds import Build, removable, remove
from tests.desk_process import SECONDS

DAY = 24 * 3600.0
OWN = "0.2.0-0123456789ab"
OLD = "0.1.0-ba9876543210"
MAPS = """
import mmap, sys
with open(sys.argv[1], "rb") as file:
    kept = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
print("mapped", flush=True)
sys.stdin.read()
"""

Unpack = Callable[..., Path]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / ".cache/ddesk"


@pytest.fixture
def unpack(cache: Path) -> Unpack:
    """Makes the folder of a build, last used some days ago; its program sleeps as long as it is told."""

    def make(name: str, days: float = 30) -> Path:
        folder = cache / name
        folder.mkdir(parents=True)
        shutil.copy(shutil.which("sleep") or "/bin/sleep", folder / "ddesk.bin")
        (folder / "engine.so").write_bytes(b"engine")
        then = time.time() - days * DAY
        os.utime(folder, (then, then))
        return folder

    return make


@pytest.fixture
def own(unpack: Unpack) -> Path:
    return unpack(OWN) / "ddesk.bin"


@contextmanager
def running(*command: str | Path) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_what_an_earlier_build_unpacked_is_removed_and_ones_own_stays(unpack: Unpack, own: Path) -> None:
    old = unpack(OLD)
    remove(own)
    assert not old.exists()
    assert own.exists()


def test_what_a_process_runs_from_stays_until_it_has_ended(unpack: Unpack, own: Path) -> None:
    old = unpack(OLD)
    with running(old / "ddesk.bin", "1000"):
        remove(own)
        assert (old / "engine.so").exists()
    remove(own)
    assert not old.exists()


@pytest.mark.skipif(sys.platform == "darwin", reason="it doesn't tell what a process has mapped")
def test_what_a_process_has_mapped_stays(unpack: Unpack, own: Path) -> None:
    old = unpack(OLD)
    with running(sys.executable, "-c", MAPS, old / "engine.so") as process:
        assert process.stdout
        assert process.stdout.readline() == b"mapped\n"
        remove(own)
    assert (old / "engine.so").exists()


def test_what_was_unpacked_or_started_today_stays_as_it_may_be_starting(unpack: Unpack, own: Path) -> None:
    fresh = unpack(OLD, days=0.9)
    remove(own)
    assert fresh.exists()


def test_a_start_counts_as_use(unpack: Unpack, own: Path) -> None:
    other = unpack(OLD)
    remove(other / "ddesk.bin")
    assert not own.exists()
    remove(unpack(OWN) / "ddesk.bin")
    assert other.exists()


@pytest.mark.parametrize("name", ["images", "0.1.0", "9f1c2d3e-0000-4000-8000-ba9876543210", f"x{OLD}", f"{OLD}.part"])
def test_what_bears_another_name_stays(name: str, unpack: Unpack, own: Path) -> None:
    """On Windows the folders of builds lie in that of a person's data."""
    other = unpack(name)
    remove(own)
    assert other.exists()


def test_a_folder_without_the_program_stays(unpack: Unpack, own: Path) -> None:
    other = unpack(OLD)
    (other / "ddesk.bin").unlink()
    os.utime(other, (0, 0))
    remove(own)
    assert other.exists()


def test_a_program_that_was_installed_removes_nothing(unpack: Unpack) -> None:
    old, installed = unpack(OLD), unpack("ddesk")
    remove(installed / "ddesk.bin")
    assert old.exists()


def test_what_cannot_be_removed_is_logged_and_hinders_nothing_else(
    unpack: Unpack, own: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stuck, others = unpack(OLD), [unpack("0.0.9-0123456789ab"), unpack("0.1.1-0123456789ab")]
    rmtree = shutil.rmtree

    def refuse(folder: Path) -> None:
        if folder == stuck:
            raise PermissionError(f"{folder} is not yours")
        rmtree(folder)

    monkeypatch.setattr(shutil, "rmtree", refuse)
    remove(own)
    assert "is not yours" in caplog.text
    assert [folder for folder in others if folder.exists()] == []


@pytest.mark.quick
def test_use_and_age_decide() -> None:
    old, used, fresh = Build(Path("/c/old"), 0.0), Build(Path("/c/used"), 0.0), Build(Path("/c/fresh"), 2 * DAY)
    in_use = [Path("/c/used/engine.so"), Path("/c/older/engine.so")]
    assert removable([old, used, fresh], in_use, 2.5 * DAY) == [old]


_AS_COMPILED = """
import sys
from types import SimpleNamespace
from ddesk import paths
paths.__compiled__ = SimpleNamespace(process_exe=sys.argv.pop(1))
from ddesk.cli import main
sys.exit(main())
"""


def test_a_compiled_desk_does_so_once_it_is_ready(unpack: Unpack, own: Path, new_data: Path) -> None:
    old = unpack(OLD)
    own.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ddesk "$@"\n')
    flags = ("--data-dir", new_data, "--port", "0", "--window", "none")
    with running(sys.executable, "-c", _AS_COMPILED, own, *flags) as desk:
        assert desk.stdout
        assert b"is ready" in desk.stdout.readline()
        give_up = time.monotonic() + SECONDS
        while old.exists():
            assert time.monotonic() < give_up
            time.sleep(0.01)
        desk.terminate()
        assert desk.wait(SECONDS) == 0
