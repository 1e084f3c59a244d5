"""Settings, pictures, thumbnails and `desk.json`: whatever the disk does, a file is the old one or the new one."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from ddesk import settings
from ddesk.cli.running import Running, telling
from ddesk.errors import Fault
from ddesk.events.ids import new_id
from ddesk.paths import DataDir
from ddesk.store.media import Media
from tests.store.faulty_disk import FailingCalls
from tests.store.test_full_disk import full_disk

pytestmark = pytest.mark.quick

ID = new_id()
Write = Callable[[DataDir, str], None]
"""Writes its file with these words in it."""


def _setting(data: DataDir, words: str) -> None:
    settings.change(data.settings, "browser", words)


def _picture(data: DataDir, words: str) -> None:
    Media(data).save_image(ID, words.encode())


def _thumbnail(data: DataDir, words: str) -> None:
    Media(data).save_thumbnail(ID, words.encode())


def _desk(data: DataDir, words: str) -> None:
    with telling(data, Running(words, "token", 1)):
        written = data.session.read_bytes()
    data.session.write_bytes(written)  # it is there for as long as the desk is


WRITES = pytest.mark.parametrize("write", [_setting, _picture, _thumbnail, _desk])


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path / "data")
    made.create()
    return made


def _contents(data: DataDir) -> list[bytes]:
    return [path.read_bytes() for path in data.root.rglob("*") if path.is_file()]


@WRITES
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_call_that_fails_leaves_the_old_file_or_the_new_one(data: DataDir, write: Write, code: int) -> None:
    calls = FailingCalls(code)
    write(data, "once before")
    with calls.in_the_way():
        write(data, "once before")
    (before,) = _contents(data)
    for fail_at in range(1, calls.calls + 1):
        with calls.in_the_way(fail_at), pytest.raises((OSError, Fault)):
            write(data, f"{fail_at:11}")
        left = [content for content in _contents(data) if content != before]
        assert all(f"{fail_at:11}".encode() in content for content in left)
        assert len(_contents(data)) == 1, "and nothing beside it"
        write(data, "once before")


@WRITES
def test_a_full_disk_leaves_the_old_file(data: DataDir, write: Write) -> None:
    write(data, "before")
    before = _contents(data)
    with full_disk(), pytest.raises((OSError, Fault)):
        write(data, "after" * 100_000)
    assert _contents(data) == before
    write(data, "after")
    assert b"after" in _contents(data)[0]
