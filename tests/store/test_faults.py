"""Every write, sync and truncation that the log makes fails once, and from then on: no promise may break."""

import errno
import shutil
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path

import apsw
import pytest

from ddesk.errors import AppendFailed, Fault
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.job import JobFailed
from ddesk.paths import migrations
from ddesk.store.batch import Batch
from ddesk.store.event_log import EventLog, Outcome
from ddesk.store.log_reader import LogReader
from ddesk.store.writer import Append, Appended
from tests.store import older_log
from tests.store.faulty_disk import FailingCalls, FaultyDisk
from tests.store.power_cut import Setting, aftermath, newer_migrations

pytestmark = pytest.mark.quick

Story = Mapping[str, Outcome]
"""What the log answered, by command id."""


@pytest.fixture
def disk() -> Iterator[FaultyDisk]:
    mounted = FaultyDisk("faulty")
    yield mounted
    mounted.unregister()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "log.db"
    EventLog.open(path, migrations()).close()
    return path


def _append(command_id: str, events: int = 1) -> Append:
    failed = JobFailed(code="a", words="b", detail="word " * 500)
    new = tuple(NewEvent(f"job-{command_id}-{n}", failed) for n in range(events))
    return Append(Origin(command_id=command_id, correlation_id=command_id, actor="desk"), {}, new)


def _work(log: EventLog) -> dict[str, Outcome]:
    """Commits of one and of many commands, with checkpoints between and after them."""
    story: dict[str, Outcome] = {}
    names = map(str, count())
    for commands in (1, 3, 1):
        batch = [_append(next(names), events) for events in range(1, commands + 1)]
        story |= {a.origin.command_id: o for a, o in zip(batch, log.append(batch), strict=True)}
        log.shrink_wal()
    return story


def _broken_promises(log: EventLog, story: Story) -> list[str]:
    reader = LogReader.open(log.location)
    there = {command: reader.command(command) for command in story}
    reader.close()
    lost = [command for command, said in story.items() if isinstance(said, Appended) and not there[command]]
    denied = [command for command, said in story.items() if isinstance(said, AppendFailed) and there[command]]
    broken = log.verify().why
    return [*(f"{it} is lost" for it in lost), *(f"{it} was denied" for it in denied), *([broken] if broken else [])]


def _run(empty: Path, folder: Path, disk: FaultyDisk, fail_at: int, *, lasting: bool, full: bool) -> list[str]:
    """One run with one fault; what is wrong with the log then, where it lies and after a crash at that moment."""
    folder.mkdir()
    shutil.copy(empty, folder / "log.db")
    log = EventLog.open(folder / "log.db", migrations(), vfs=disk.name)
    disk.faults.arm(fail_at, lasting=lasting, full=full)
    story = _work(log)
    disk.faults.disarm()
    assert disk.faults.failed
    wrong = _broken_promises(log, story)
    shutil.copytree(folder, folder / "crashed", ignore=shutil.ignore_patterns("*-shm"))
    story["after"] = log.append([_append("after")])[0]
    wrong += _broken_promises(log, story)
    assert isinstance(story["after"], Appended), "the log goes on once the disk does"
    log.close()
    return wrong + _lost_in_a_crash(folder / "crashed" / "log.db", story)


def _lost_in_a_crash(path: Path, story: Story) -> list[str]:
    """A commit whose sync failed may turn up after a crash; what was acknowledged before must."""
    said = {command: outcome for command, outcome in story.items() if isinstance(outcome, Appended)}
    said.pop("after", None)
    log = EventLog.open(path, migrations())
    wrong = _broken_promises(log, said)
    log.close()
    return wrong


def _calls(empty: Path, folder: Path, disk: FaultyDisk) -> int:
    shutil.copy(empty, folder / "log.db")
    log = EventLog.open(folder / "log.db", migrations(), vfs=disk.name)
    before = disk.faults.calls
    assert all(isinstance(outcome, Appended) for outcome in _work(log).values())
    after = disk.faults.calls
    log.close()
    return after - before


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("full", [False, True], ids=["broken disk", "full disk"])
def test_a_fault_loses_nothing_acknowledged_and_denies_nothing_recorded(
    empty: Path, tmp_path: Path, disk: FaultyDisk, lasting: bool, full: bool
) -> None:
    calls = _calls(empty, tmp_path, disk)
    assert calls > 50
    for fail_at in range(1, calls + 1):
        wrong = _run(empty, tmp_path / str(fail_at), disk, fail_at, lasting=lasting, full=full)
        assert not wrong, f"call {fail_at} of {calls}: {wrong}"


def test_the_sweep_would_notice_a_log_that_acknowledges_regardless(
    empty: Path, tmp_path: Path, disk: FaultyDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(log: EventLog, planned: Batch, size: int, error: apsw.Error) -> list[Outcome]:
        log._roll_back()
        return planned.outcomes

    monkeypatch.setattr(EventLog, "_settle", careless)
    wrong = _run(empty, tmp_path / "1", disk, 1, lasting=False, full=False)
    assert "0 is lost" in wrong


def test_a_fault_while_a_log_is_made_leaves_one_that_can_be_made_again(tmp_path: Path, disk: FaultyDisk) -> None:
    made = EventLog.open(tmp_path / "log.db", migrations(), vfs=disk.name)
    calls = disk.faults.calls
    made.close()
    for fail_at in range(1, calls + 1):
        path = tmp_path / f"{fail_at}.db"
        disk.faults.arm(fail_at, lasting=True)
        with pytest.raises(Fault):
            EventLog.open(path, migrations(), vfs=disk.name)
        disk.faults.disarm()
        log = EventLog.open(path, migrations(), vfs=disk.name)
        assert isinstance(log.append([_append("0")])[0], Appended)
        assert log.verify().ok
        log.close()


@pytest.mark.parametrize("full", [False, True], ids=["broken disk", "full disk"])
def test_a_fault_while_a_log_is_migrated_leaves_one_that_can_be_migrated_later(
    tmp_path: Path, disk: FaultyDisk, full: bool
) -> None:
    newer = newer_migrations(tmp_path)
    with disk.in_the_way():
        smooth = EventLog.open(older_log.lay_out(tmp_path / "smooth"), newer)
        calls = disk.faults.calls
        smooth.close()
        for fail_at in range(1, calls + 1):
            path = older_log.lay_out(tmp_path / str(fail_at))
            disk.faults.arm(fail_at, lasting=True, full=full)
            with pytest.raises(Fault):
                EventLog.open(path, newer)
            disk.faults.disarm()
            assert aftermath(Setting(path.parent, newer), None) == ""


def test_so_does_a_copy_of_it_that_can_not_be_kept(tmp_path: Path) -> None:
    newer, calls = newer_migrations(tmp_path), FailingCalls(errno.ENOSPC)
    with calls.in_the_way():
        EventLog.open(older_log.lay_out(tmp_path / "smooth"), newer).close()
    for fail_at in range(1, calls.calls + 1):
        path = older_log.lay_out(tmp_path / str(fail_at))
        with calls.in_the_way(fail_at), pytest.raises(Fault):
            EventLog.open(path, newer)
        assert aftermath(Setting(path.parent, newer), None) == ""
        assert len(list(path.parent.glob("backups/*.db"))) == 1
