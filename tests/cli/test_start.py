"""A desk that can't start says why in words, and what to do: exit code 1, and never a traceback."""

import ctypes
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from ddesk.paths import DataDir, migrations
from ddesk.store.event_log import EventLog
from tests.conftest import OpenDesk
from tests.desk.test_losses import LONG, until_sampling
from tests.desk_process import ddesk
from tests.store.sample import append

PAGE_BYTES = 4096


def start(data: Path, *flags: str, **how: object) -> subprocess.CompletedProcess[str]:
    return ddesk("--no-browser", "--port", "0", "--data-dir", data, *flags, **how)  # type: ignore[arg-type]


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """What it said: a line of words and one of advice; before them may be one about the desk before."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout == ""
    *before, words, advice = done.stderr.splitlines()
    assert [line for line in before if "did not end in order" not in line] == []
    assert words.startswith("ddesk: ")
    assert advice.strip()
    return done.stderr


@pytest.fixture
def used(tmp_path: Path) -> DataDir:
    """A data directory with a log in which something happened."""
    data = DataDir(tmp_path / "used")
    data.create()
    log = EventLog.open(data.log, migrations())
    log.append([append(f"job-{number}") for number in range(100)])
    log.close()
    return data


def full_disk(room: int) -> Callable[[], None]:
    """No file may grow beyond so many bytes, which to a program is a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))


UNCOMPILED = {"PYTHONDONTWRITEBYTECODE": "1"}
"""Python itself would leave halves of its files on such a disk."""


@pytest.mark.parametrize("room", [0, 50, PAGE_BYTES, 5 * PAGE_BYTES, 10 * PAGE_BYTES])
def test_a_disk_without_room_for_a_new_desk(tmp_path: Path, room: int) -> None:
    said = refusal(start(tmp_path / "data", before=full_disk(room), environment=UNCOMPILED))
    assert "disk" in said
    assert "room" in said or "Free some space" in said


def test_a_disk_without_room_to_record_what_became_of_the_work(open_desk: OpenDesk, new_data: Path) -> None:
    desk = open_desk()
    with desk.live() as live:
        live.until_type("ready")
        until_sampling(live, desk.request(seed=1, **LONG))
    desk.kill()
    room = 10 * PAGE_BYTES
    assert (new_data / "log.db-wal").stat().st_size > room
    said = refusal(start(new_data, before=full_disk(room), environment=UNCOMPILED))
    assert "the disk is full" in said
    assert "Free some space" in said


def unprivileged() -> None:
    """Rights count for root too."""
    drop_from_bounding_set, dac_override = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
    ctypes.CDLL(None).prctl(drop_from_bounding_set, dac_override)


@pytest.mark.skipif(sys.platform != "linux", reason="drops a capability of Linux's")
@pytest.mark.parametrize("what", ["a place where none can be made", "its folder", "everything in it"])
def test_a_directory_that_may_only_be_read(used: DataDir, what: str) -> None:
    root = used.root
    paths = [root, *root.rglob("*")] if what == "everything in it" else [root]
    for each in paths:
        each.chmod(0o500 if each.is_dir() else 0o400)
    try:
        data = root / "data" if what == "a place where none can be made" else root
        said = refusal(start(data, before=unprivileged))
    finally:
        for each in paths:
            each.chmod(0o700)
    assert str(root) in said
    assert "may not be written" in said or "can't be written" in said
    assert "--data-dir" in said


def test_a_directory_of_the_systems_own() -> None:
    said = refusal(start(Path("/sys/kernel")))
    assert "can't be written" in said


def test_a_file_in_the_place_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for data in (tmp_path / "file", tmp_path / "file" / "data"):
        said = refusal(start(data))
        assert f"{data} can't be made" in said
        assert "Move it away" in said


def test_a_log_of_a_later_version(used: DataDir) -> None:
    connection = apsw.Connection(str(used.log))
    connection.pragma("user_version", 99)
    connection.close()
    before = used.log.read_bytes()
    said = refusal(start(used.root))
    assert "later version" in said
    assert "Start the newer version" in said
    assert used.log.read_bytes() == before


def some_text(log: bytes) -> bytes:
    return b"hello world\n" * (len(log) // 12)


def cut_off(log: bytes) -> bytes:
    return log[: len(log) // 2]


def without_its_first_page(log: bytes) -> bytes:
    return bytes(PAGE_BYTES) + log[PAGE_BYTES:]


def without_its_second_page(log: bytes) -> bytes:
    return log[:PAGE_BYTES] + bytes(PAGE_BYTES) + log[2 * PAGE_BYTES :]


@pytest.mark.parametrize("spoil", [some_text, cut_off, without_its_first_page, without_its_second_page])
def test_a_log_that_is_damaged(used: DataDir, spoil: Callable[[bytes], bytes]) -> None:
    spoiled = spoil(used.log.read_bytes())
    used.log.write_bytes(spoiled)
    said = refusal(start(used.root))
    assert "damaged" in said
    assert "restore a backup" in said
    assert used.log.read_bytes() == spoiled


def test_ports_that_are_all_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 65535)):
        said = refusal(start(tmp_path / "data", "--port", "65535"))
    assert "65535 are all taken" in said
    assert "--port 0" in said


UNLOADABLE = """
import ctypes
try:
    ctypes.CDLL("libnothere.so.1")
except OSError as wrong:
    raise ImportError(str(wrong)) from wrong
"""


@pytest.mark.parametrize(
    ("module", "advice"), [(UNLOADABLE, "libnothere.so.1"), ("import nothing_of_that_name", "Install the desk again")]
)
def test_a_program_that_can_not_be_loaded(tmp_path: Path, module: str, advice: str) -> None:
    (tmp_path / "zmq.py").write_text(module)
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    said = refusal(start(tmp_path / "data", environment={"PYTHONPATH": path}))
    assert advice in said
