"""The file defends itself: what is refused here is refused to every program that opens it."""

from collections.abc import Iterator

import apsw
import pytest

from ddesk.events.log import DataForgotten
from ddesk.store import batch
from ddesk.store.event_log import EventLog
from tests.store.sample import append, secret

pytestmark = pytest.mark.quick

COPY = "stream, version, type, schema, recorded_at, event_id, command_id, causation, correlation_id, actor,"
REST = "data, private, salt, data_hash, private_hash, hash"


def insert(verb: str, position: str, version: str = "version", where: str = "position = 1") -> str:
    columns = COPY.replace("version", version, 1)
    return f"{verb} INTO event SELECT {position}, {columns} {REST} FROM event WHERE {where}"


@pytest.fixture
def log(file_log: EventLog) -> EventLog:
    file_log.append([append("generation-1", secret("one"), secret("two"), command_id="c"), append("job-1")])
    return file_log


@pytest.fixture(params=["a program that minds triggers on REPLACE", "one that doesn't"])
def stranger(log: EventLog, request: pytest.FixtureRequest) -> Iterator[apsw.Connection]:
    connection = apsw.Connection(str(log.location))
    connection.pragma("recursive_triggers", request.param.startswith("a program"))
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM event",
        "DELETE FROM event WHERE position = 3",
        "DELETE FROM command",
        "UPDATE command SET last = 3",
        "INSERT INTO command VALUES ('c', 3, 3) ON CONFLICT DO UPDATE SET last = 9",
        "UPDATE event SET rowid = 9 WHERE position = 3",
        "UPDATE event SET private = NULL, salt = NULL WHERE position = 1",
        "UPDATE event SET private = '{}' WHERE position = 1",
        "UPDATE OR REPLACE event SET position = 1 WHERE position = 3",
        insert("INSERT", "9"),
        insert("INSERT", "4"),
        insert("INSERT", "4", "9"),
        insert("INSERT", "0", "3"),
        insert("INSERT", "NULL", "3"),
        insert("INSERT OR REPLACE", "1"),
        insert("INSERT OR REPLACE", "3", "3"),
        insert("INSERT OR REPLACE", "4"),
        insert("REPLACE", "4", "2"),
        insert("INSERT", "3", "3") + " ON CONFLICT DO UPDATE SET data = '{}'",
        *[
            f"UPDATE event SET {column} = {column} || 'x'"
            for column in (COPY + REST).replace(" ", "").split(",")
            if column not in ("version", "schema", "recorded_at", "causation")
        ],
        *[f"UPDATE event SET {column} = 9" for column in ("position", "version", "schema", "recorded_at", "causation")],
    ],
)
def test_what_was_recorded_can_not_be_changed(log: EventLog, stranger: apsw.Connection, statement: str) -> None:
    before = stranger.execute("SELECT * FROM event").fetchall(), stranger.execute("SELECT * FROM command").fetchall()
    with pytest.raises(apsw.ConstraintError):
        stranger.execute(statement)
    assert before == (
        stranger.execute("SELECT * FROM event").fetchall(),
        stranger.execute("SELECT * FROM command").fetchall(),
    )
    assert log.verify().ok


def test_the_next_event_is_accepted_and_so_these_refusals_mean_something(stranger: apsw.Connection) -> None:
    stranger.execute(insert("INSERT", "4", "3"))
    assert stranger.execute("SELECT count(*) FROM event").get == 4


@pytest.fixture
def merely_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log itself would remove what a DataForgotten names: here it is left to the stranger."""
    monkeypatch.setattr(batch, "_FORGET", "SELECT ?, ?")


FORGET = "UPDATE event SET private = NULL, salt = NULL WHERE position = "


@pytest.mark.usefixtures("merely_named")
def test_a_private_part_may_go_when_an_event_names_its_position(log: EventLog, stranger: apsw.Connection) -> None:
    log.append([append("log", DataForgotten((2,)))])
    stranger.execute(FORGET + "2")
    assert [event.event for event in log.read(1, 2)] == [secret("")]
    assert log.verify().ok


@pytest.mark.usefixtures("merely_named")
def test_only_the_named_position_may_lose_it_and_nothing_else_of_it(log: EventLog, stranger: apsw.Connection) -> None:
    log.append([append("log", DataForgotten((2,)))])
    for statement in (FORGET + "1", FORGET + "2 OR TRUE", FORGET.replace("WHERE", ", data = '{}' WHERE") + "2"):
        with pytest.raises(apsw.ConstraintError):
            stranger.execute(statement)
    with pytest.raises(apsw.ConstraintError):
        stranger.execute("UPDATE event SET private = NULL WHERE position = 2")


def test_an_event_can_not_be_forgotten_before_it_happened(log: EventLog, stranger: apsw.Connection) -> None:
    log.append([append("log", DataForgotten((5,))), append("generation-1", secret("three"))])
    with pytest.raises(apsw.ConstraintError):
        stranger.execute(FORGET + "5")
