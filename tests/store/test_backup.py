"""A backup is whole or not there, and so is the log that is restored from it."""

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import apsw
import pytest

from ddesk.errors import DeskError, Fault, Invalid, LogTooNew
from ddesk.events.log import LogRestored
from ddesk.store import backup
from ddesk.store.backup import Backup, backups_in, checked, copies_holding, described, drop_all_but, make
from ddesk.store.event_log import EventLog
from ddesk.store.records import Head
from ddesk.store.restore import restore
from tests.store.sample import MIGRATIONS, append, secret

pytestmark = pytest.mark.quick

AT = 1_700_000_000_000_000
SECOND = 1_000_000


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def told(log: EventLog, events: int) -> EventLog:
    log.append([append("generation-1", *(secret(f"detail {n}") for n in range(events)))])
    return log


def path_of(log: EventLog) -> Path:
    return Path(log.location)


def backed_up(log: EventLog, folder: Path, at: int = AT) -> Backup:
    return make(path_of(log), folder, at, "1.0")


def test_a_backup_is_one_file_with_its_head_beside_it(file_log: EventLog, folder: Path) -> None:
    made = backed_up(told(file_log, 3), folder)
    assert made.name == "log-20231114T221320Z-at-3.db"
    assert {path.name for path in folder.iterdir()} == {made.name, f"{made.name}.json"}
    assert checked(folder / made.name, made.head) == file_log.head == made.head
    assert described(folder / made.name) == made
    assert ((folder / made.name).stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)


def test_it_holds_one_moment_of_a_log_that_is_written_on(
    file_log: EventLog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(file_log, 2000)
    steps = 0

    class Between:
        """Stands for the real one, and has the log go on before each of its steps."""

        def __init__(self, backup: apsw.Backup) -> None:
            self._backup = backup

        def __enter__(self) -> "Between":
            return self

        def __exit__(self, *_: object) -> None:
            self._backup.finish()

        @property
        def done(self) -> bool:
            return self._backup.done

        def step(self, pages: int) -> None:
            nonlocal steps
            steps += 1
            told(file_log, 10)
            self._backup.step(pages)

    class Watched(apsw.Connection):
        def backup(self, *names: Any) -> Any:
            return Between(super().backup(*names))

    monkeypatch.setattr(backup, "_PAGES_A_STEP", 32)
    monkeypatch.setattr(apsw, "Connection", Watched)
    made = backed_up(file_log, folder)
    assert steps > 5
    assert made.position == 2000
    assert file_log.head.position == 2000 + 10 * steps


def test_a_folder_that_is_not_there_is_made_but_not_the_disk_it_should_lie_on(file_log: EventLog, folder: Path) -> None:
    with pytest.raises(Fault) as refused:
        backed_up(told(file_log, 1), folder / "deeper")
    assert refused.value.code == "backup_unwritable"
    assert not folder.exists()


def test_a_damaged_log_is_not_taken_for_a_backup(file_log: EventLog, folder: Path) -> None:
    told(file_log, 3)
    db = apsw.Connection(str(file_log.location))
    db.execute("DROP TRIGGER event_is_final")
    db.execute("UPDATE event SET data = '{}' WHERE position = 2")
    db.close()
    with pytest.raises(Fault, match=r"Event 2: its data was changed"):
        backed_up(file_log, folder)
    assert list(folder.iterdir()) == []


def test_a_full_disk_leaves_no_half_backup(file_log: EventLog, folder: Path) -> None:
    told(file_log, 2000)
    file_log.shrink_wal()
    with full_disk(200_000), pytest.raises(Fault) as refused:
        backed_up(file_log, folder)
    assert refused.value.code == "disk_full"
    assert list(folder.iterdir()) == []


def test_the_oldest_go_and_what_is_no_backup_stays(file_log: EventLog, folder: Path) -> None:
    names = [backed_up(told(file_log, 1), folder, AT + n * SECOND).name for n in range(4)]
    (folder / "log-schema-1-at-2.db").touch()
    assert drop_all_but(folder, 2) == [names[1], names[0]]
    assert [each.name for each in backups_in(folder)] == [names[3], names[2]]
    assert len(list(folder.iterdir())) == 5


def test_the_copies_that_hold_an_event_as_it_was_are_found_by_their_names(tmp_path: Path) -> None:
    for name in ("log-x-at-4.db", "log-x-at-5.db", "log-before-restore-x-at-8.db", "log-x-at-9.db", "other.db"):
        (tmp_path / name).touch()
    found = [path.name for path in copies_holding(tmp_path, position=5, before=9)]
    assert found == ["log-before-restore-x-at-8.db", "log-x-at-5.db"]


# Restoring ---------------------------------------------------------------------------------------------------------


def restored(copy: Path, log: Path, folder: Path) -> Path:
    kept = restore(copy, log, folder, MIGRATIONS, AT).kept
    assert kept is not None
    return kept


def test_the_log_is_as_it_was_and_says_so_and_the_other_is_kept(file_log: EventLog, folder: Path) -> None:
    made = backed_up(told(file_log, 3), folder)
    told(file_log, 4)
    later = file_log.head
    file_log.close()
    kept = restored(folder / made.name, path_of(file_log), folder)
    log = EventLog.open(path_of(file_log), MIGRATIONS)
    assert log.verify(made.head).ok
    assert [each.event for each in log.read(3)] == [LogRestored(head_position=3, head_hash=made.hash)]
    log.close()
    assert kept.name == "log-before-restore-20231114T221320.000000Z-at-7.db"
    assert checked(kept) == later


def test_a_log_that_was_lost_is_restored_as_well(file_log: EventLog, folder: Path, tmp_path: Path) -> None:
    made = backed_up(told(file_log, 3), folder)
    assert restore(folder / made.name, tmp_path / "lost.db", folder, MIGRATIONS, AT).kept is None
    assert checked(tmp_path / "lost.db").position == 4


def test_a_log_too_damaged_to_be_read_is_kept_with_all_that_belongs_to_it(file_log: EventLog, folder: Path) -> None:
    made = backed_up(told(file_log, 3), folder)
    file_log.close()
    path = path_of(file_log)
    path.write_bytes(b"no log at all" * 100)
    Path(f"{path}-wal").write_bytes(b"nor this")
    kept = restored(folder / made.name, path, folder)
    assert kept.read_bytes().startswith(b"no log at all")
    assert Path(f"{kept}-wal").read_bytes() == b"nor this"
    assert checked(path).position == 4


def test_what_was_copied_by_hand_counts_with_its_write_ahead_file(file_log: EventLog, tmp_path: Path) -> None:
    told(file_log, 3)
    for suffix in ("", "-wal"):
        shutil.copy(f"{file_log.location}{suffix}", tmp_path / f"copy.db{suffix}")
    told(file_log, 1)
    file_log.close()
    assert restore(tmp_path / "copy.db", path_of(file_log), tmp_path, MIGRATIONS, AT).head.position == 3


def refusal(copy: Path, log: Path, folder: Path) -> DeskError:
    before = log.read_bytes()
    names = set(log.parent.iterdir())
    with pytest.raises(DeskError) as refused:
        restore(copy, log, folder, MIGRATIONS, AT)
    assert log.read_bytes() == before
    assert set(log.parent.iterdir()) == names
    return refused.value


def test_what_is_no_whole_backup_is_refused_and_the_log_stays(file_log: EventLog, folder: Path) -> None:
    made = backed_up(told(file_log, 3), folder)
    file_log.close()
    path, copy = path_of(file_log), folder / made.name
    whole = copy.read_bytes()
    copy.write_bytes(b"a picture")
    assert refusal(copy, path, folder).code == "no_backup"
    copy.write_bytes(whole.replace(b"detail 1", b"detail 7"))
    damaged = refusal(copy, path, folder)
    assert isinstance(damaged, Invalid)
    assert "Event 2: its private part was changed" in damaged.words
    copy.write_bytes(whole[: len(whole) // 2])
    assert refusal(copy, path, folder).code == "log_damaged"


def test_a_backup_whose_end_was_cut_off_is_known_by_the_head_beside_it(file_log: EventLog, folder: Path) -> None:
    earlier = backed_up(told(file_log, 3), folder)
    later = backed_up(told(file_log, 2), folder, AT + SECOND)
    file_log.close()
    shutil.copy(folder / earlier.name, folder / later.name)
    assert "the end is missing: the log once reached 5" in refusal(folder / later.name, path_of(file_log), folder).words


def test_a_backup_of_a_later_program_is_refused(file_log: EventLog, folder: Path) -> None:
    made = backed_up(told(file_log, 3), folder)
    file_log.close()
    db = apsw.Connection(str(folder / made.name))
    db.pragma("user_version", 999)
    db.close()
    assert isinstance(refusal(folder / made.name, path_of(file_log), folder), LogTooNew)


def test_a_full_disk_leaves_the_log_as_it_is(file_log: EventLog, folder: Path) -> None:
    made = backed_up(told(file_log, 2000), folder)
    file_log.close()
    with full_disk(200_000), pytest.raises(OSError, match="too large"):
        restore(folder / made.name, path_of(file_log), folder, MIGRATIONS, AT)
    assert checked(path_of(file_log)) == made.head
    assert [path.name for path in path_of(file_log).parent.glob("log.db*")] == ["log.db"]


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")
def test_killed_at_any_moment_there_is_the_one_log_or_the_other(
    file_log: EventLog, folder: Path, tmp_path: Path
) -> None:
    """The log before the restoring still has a write-ahead file, which must never meet the log after it."""
    made = backed_up(told(file_log, 3), folder)
    told(file_log, 4)
    found = set[Head | None]()
    for number in count(1):
        place = tmp_path / str(number)
        shutil.copytree(path_of(file_log).parent, place, ignore=shutil.ignore_patterns("[0-9]*", "*-shm"))
        command = [place / "backups" / made.name, place / "log.db", place / "backups", str(number)]
        run = [sys.executable, "-m", "tests.store.restoring", *map(str, command)]
        ended = subprocess.run(run, capture_output=True, text=True, check=False)
        log = EventLog.open(place / "log.db", MIGRATIONS)
        assert log.verify(made.head).ok
        found.add(log.head if log.head == file_log.head else None)
        assert log.head == file_log.head or log.head.position == 4
        log.close()
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert number > 5
    assert found == {file_log.head, None}
