"""An error from COMMIT doesn't say whether the transaction is in the log; the log itself does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from ddesk.errors import AppendFailed, WriteConflict
from ddesk.store.connection import open_database
from ddesk.store.event_log import EventLog
from ddesk.store.migrate import migrate
from ddesk.store.records import Appended
from tests.store.sample import MIGRATIONS, Clock, append

pytestmark = pytest.mark.quick


class Unsure:
    """A connection on which chosen statements fail, after or in place of having been run."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.before: Callable[[str], bool] = lambda statement: False
        self.after: Callable[[str], bool] = lambda statement: False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: str, *bindings: Any) -> apsw.Cursor:
        if self.before(statement):
            raise apsw.IOError("it was not done")
        cursor = self._connection.execute(statement, *bindings)
        if self.after(statement):
            raise apsw.IOError("it was done")
        return cursor


@pytest.fixture
def connection(tmp_path: Path) -> Unsure:
    connection = open_database(tmp_path / "log.db", "log")
    migrate(connection, tmp_path / "log.db", MIGRATIONS)
    return Unsure(connection)


@pytest.fixture
def log(connection: Unsure, tmp_path: Path) -> EventLog:
    log = EventLog(connection, tmp_path / "log.db", Clock())  # type: ignore[arg-type]
    log.append([append("job-1", command_id="old")])
    return log


BATCH = [append("job-1", expected=1), append("job-1", expected=7), append("job-1", command_id="old")]


def test_what_the_failed_commit_did_write_is_acknowledged(log: EventLog, connection: Unsure) -> None:
    connection.after = lambda statement: statement == "COMMIT"
    done, conflict, repeated = log.append(BATCH)
    assert (done, repeated) == (Appended(2, 2), Appended(1, 1, repeated=True))
    assert isinstance(conflict, WriteConflict)
    assert log.head.position == 2


def test_what_the_failed_commit_did_not_write_has_failed(log: EventLog, connection: Unsure) -> None:
    connection.before = lambda statement: statement == "COMMIT"
    failed, conflict, repeated = log.append(BATCH)
    assert isinstance(failed, AppendFailed)
    assert isinstance(conflict, WriteConflict)
    assert repeated == Appended(1, 1, repeated=True)
    assert log.head.position == 1


def test_the_log_goes_on_where_it_stands_after_either(log: EventLog, connection: Unsure) -> None:
    connection.before = lambda statement: statement == "COMMIT"
    log.append([append("job-1", expected=1)])
    connection.before, connection.after = (lambda statement: False), (lambda statement: statement == "COMMIT")
    log.append([append("job-1", expected=1)])
    connection.after = lambda statement: False
    assert log.append([append("job-1", expected=2)]) == [Appended(3, 3)]
    assert log.verify().ok


def test_a_commit_that_can_not_be_looked_into_is_said_to_be_unknown(log: EventLog, connection: Unsure) -> None:
    connection.after = lambda statement: statement == "COMMIT"
    connection.before = lambda statement: (
        statement.startswith("SELECT position, hash") and not connection.in_transaction
    )
    (unknown,) = log.append([append("job-1", expected=1, command_id="c")])
    assert isinstance(unknown, AppendFailed)
    assert "not known" in unknown.words
    connection.before = connection.after = lambda statement: False
    assert log.append([append("job-1", expected=1, command_id="c")]) == [Appended(2, 2, repeated=True)]


def test_a_rollback_that_fails_is_made_up_for_before_the_next_append(log: EventLog, connection: Unsure) -> None:
    connection.before = lambda statement: statement in ("COMMIT", "ROLLBACK")
    (failed,) = log.append([append("job-1")])
    assert isinstance(failed, AppendFailed)
    connection.before = lambda statement: False
    assert log.append([append("job-1", expected=1)]) == [Appended(2, 2)]


def test_another_error_leaves_no_transaction_open(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(log, "_clock", fail)
    with pytest.raises(ZeroDivisionError):
        log.append([append("job-1")])
    monkeypatch.undo()
    assert log.append([append("job-1", expected=1)]) == [Appended(2, 2)]
