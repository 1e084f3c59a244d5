"""Every write of the read file fails, once and from then on: no command is refused, and nothing stays missed."""

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from ddesk.errors import Fault
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.job import JobFailed
from ddesk.paths import migrations
from ddesk.projections.runner import Runner
from ddesk.store.connection import open_database
from ddesk.store.event_log import EventLog
from ddesk.store.records import Appended
from ddesk.store.writer import Append
from tests.store.faulty_disk import FailingCalls, FaultyDisk
from tests.store.power_cut import Setting, Tally, aftermath, read_models

pytestmark = pytest.mark.quick


@pytest.fixture
def disk() -> Iterator[FaultyDisk]:
    mounted = FaultyDisk("faulty")
    yield mounted
    mounted.unregister()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = EventLog.open(tmp_path / "log.db", migrations())
    yield opened
    opened.close()


def _commands(log: EventLog, models: Runner, name: str) -> None:
    """Acknowledged one and all, as by the writer's thread. Each checkpoint brings the read file's own writes."""
    for number in range(5):
        command = f"{name}-{number}"
        before = log.head.position
        new = tuple(NewEvent(f"job-{number}-{n}", JobFailed(code="", words="x" * 400)) for n in range(12))
        (outcome,) = log.append([Append(Origin(command_id=command, correlation_id=command, actor="desk"), {}, new)])
        assert isinstance(outcome, Appended)
        models.apply(list(log.read(before)))


def _opened(folder: Path, log: EventLog) -> Runner:
    models = read_models(folder, log)
    models._db.wal_autocheckpoint(4)
    return models


def _close(models: Runner) -> None:
    try:
        models.close()
    except apsw.Error:
        models._db.close(True)


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("full", [False, True], ids=["broken disk", "full disk"])
def test_no_command_is_refused_and_the_read_models_catch_up(
    tmp_path: Path, log: EventLog, disk: FaultyDisk, lasting: bool, full: bool
) -> None:
    with disk.in_the_way():
        models = _opened(tmp_path, log)
        before = disk.faults.calls
        _commands(log, models, "first")
        calls = disk.faults.calls - before
        assert calls > 20
        for fail_at in range(1, calls + 1):
            disk.faults.arm(fail_at, lasting=lasting, full=full)
            _commands(log, models, f"{fail_at}")
            disk.faults.disarm()
            assert disk.faults.failed
            _commands(log, models, f"after-{fail_at}")
            assert [(each.position, each.stalled) for each in models.progress()] == [(log.head.position, None)]
        models.close()
    assert aftermath(Setting(tmp_path, migrations()), log.head) == ""


@pytest.mark.parametrize("full", [False, True], ids=["broken disk", "full disk"])
def test_a_rebuild_that_fails_is_a_fault_and_the_next_one_works(
    tmp_path: Path, log: EventLog, disk: FaultyDisk, full: bool
) -> None:
    models = _opened(tmp_path, log)
    _commands(log, models, "first")
    models.close()
    with disk.in_the_way():
        before = disk.faults.calls
        read_models(tmp_path, log, version=2).close()
        calls = disk.faults.calls - before
        for version in range(3, calls + 3):
            disk.faults.arm(version - 2, lasting=True, full=full)
            with pytest.raises(Fault):
                read_models(tmp_path, log, version)
            disk.faults.disarm()
            read_models(tmp_path, log, version).close()
            assert aftermath(Setting(tmp_path, migrations(), version), log.head) == ""


def test_so_is_one_whose_file_gets_no_name(tmp_path: Path, log: EventLog) -> None:
    calls = FailingCalls(28)
    with calls.in_the_way():
        _opened(tmp_path, log).close()
    for number in range(1, calls.calls + 1):
        with calls.in_the_way(number), pytest.raises(Fault) as hindered:
            read_models(tmp_path, log, version=number + 1)
        assert hindered.value.code == "read_models_unwritable"
        read_models(tmp_path, log, version=number + 1).close()
        assert aftermath(Setting(tmp_path, migrations(), number + 1), log.head) == ""


def test_a_runner_that_takes_a_failed_write_for_done_would_be_noticed(tmp_path: Path, log: EventLog) -> None:
    models = Runner(tmp_path, [Tally()], log, lambda path: open_database(path, "read"))
    _commands(log, models, "first")
    models._db.execute("delete from tally where stream = 'job-0-0'")
    models.close()
    assert "the read models show" in aftermath(Setting(tmp_path, migrations()), log.head)
