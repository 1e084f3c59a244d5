import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ddesk.supervision.socket_dir import SocketDir

pytestmark = pytest.mark.quick


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The only folder for sockets; short, as a test's own is not."""
    with tempfile.TemporaryDirectory(prefix="d", dir="/tmp") as root:
        monkeypatch.setenv("XDG_RUNTIME_DIR", root)
        yield Path(root)


def abandoned(seconds_ago: float) -> SocketDir:
    """That of a desk which was killed: nobody holds its lock."""
    folder = SocketDir()
    folder._lock.close()
    then = time.time() - seconds_ago
    os.utime(folder.path, (then, then))
    return folder


def test_only_this_user_can_enter_it(root: Path) -> None:
    folder = SocketDir()
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert folder.path.parent == root
    folder.remove()
    assert list(root.iterdir()) == []


def test_a_folder_too_deep_for_a_socket_is_passed_over(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = root / ("d" * 90)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    folder = SocketDir()
    assert deep not in folder.path.parents
    folder.remove()


def test_what_a_killed_desk_left_behind_is_removed() -> None:
    left = abandoned(seconds_ago=3600)
    SocketDir().remove()
    assert not left.path.exists()


def test_what_another_desk_uses_stays() -> None:
    used = SocketDir()
    os.utime(used.path, (0, 0))
    SocketDir().remove()
    assert used.path.exists()
    used.remove()


def test_what_another_desk_is_just_making_stays() -> None:
    new = abandoned(seconds_ago=0)
    SocketDir().remove()
    assert new.path.exists()
