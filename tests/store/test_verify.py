"""Whatever is done to the log behind the desk's back, `verify` names the first event that isn't what it was."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import apsw
import pytest

from ddesk.events.envelope import Recorded
from ddesk.events.log import DataForgotten
from ddesk.store.connection import open_database
from ddesk.store.event_log import EventLog
from ddesk.store.records import Head, read_events
from ddesk.store.verify import Verification, verify
from tests.store.sample import MIGRATIONS, Clock, append, secret

pytestmark = pytest.mark.quick


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed log: five events with private parts, then two without."""
    path = tmp_path / "log.db"
    log = EventLog.open(path, MIGRATIONS, clock=Clock())
    for n in range(1, 6):
        log.append([append(f"generation-{n}", secret(f"words-{n}"), command_id=f"command-of-{n}", actor=f"api:{n}{n}")])
    log.append([append("job-6"), append("job-7")])
    log.close()
    return path


def check(path: Path, known_head: Head | None = None) -> Verification:
    connection = open_database(path, "log-reader")
    try:
        return verify(connection, known_head)
    finally:
        connection.close()


def tamper(path: Path, *statements: str) -> None:
    """What someone could do who takes the triggers away first."""
    connection = apsw.Connection(str(path))
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in (*statements, *(str(sql) for _, sql in triggers)):
        connection.execute(statement)
    connection.close()


def column(path: Path, name: str, position: int) -> bytes:
    connection = apsw.Connection(str(path))
    value = connection.execute(f"SELECT CAST({name} AS BLOB) FROM event WHERE position = ?", (position,)).get
    connection.close()
    assert isinstance(value, bytes)
    return value


def test_an_untouched_log_is_whole(path: Path) -> None:
    found = check(path)
    assert found.ok
    assert found.head == Head(7, column(path, "hash", 7))


def test_an_empty_log_is_whole(file_log: EventLog) -> None:
    assert file_log.verify().ok


@pytest.mark.parametrize("position", [1, 4, 5])
@pytest.mark.parametrize("name", ["stream", "type", "actor", "data", "private", "salt", "data_hash", "hash"])
@pytest.mark.parametrize("change", [lambda byte: byte ^ 1, lambda byte: 0x00 if byte == 0xFF else 0xFF])
def test_one_changed_byte_in_the_file_is_found(
    path: Path, position: int, name: str, change: Callable[[int], int]
) -> None:
    content = bytearray(path.read_bytes())
    row = content.index(column(path, "hash", position))  # the last column: the others lie before it
    at = content.rindex(column(path, name, position), 0, row + 32)
    content[at] = change(content[at])
    path.write_bytes(content)
    found = check(path)
    assert (found.ok, found.position, found.head.position) == (False, position, position - 1)


def test_no_byte_of_the_events_page_can_change_unnoticed(path: Path) -> None:
    connection = apsw.Connection(str(path))
    page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'event'").get
    assert isinstance(page, int)
    before = list(read_events(connection, 0, None))
    connection.close()
    content = path.read_bytes()
    assert content[(page - 1) * 4096 : page * 4096].count(b"generation-") >= 5, "the events lie on this page"
    unnoticed = 0
    for at in range((page - 1) * 4096, page * 4096, 7):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        unnoticed += check(path).ok and _events(path) != before
    assert unnoticed == 0


def _events(path: Path) -> list[Recorded]:
    connection = open_database(path, "log-reader")
    events = list(read_events(connection, 0, None))
    connection.close()
    return events


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("DELETE FROM event WHERE position = 3", 3),
        ("UPDATE event SET position = 9 WHERE position = 3", 3),
        ("UPDATE event SET private = NULL, salt = NULL WHERE position = 3", 3),
        ("UPDATE event SET private = NULL, salt = NULL, private_hash = NULL WHERE position = 3", 3),
        ("UPDATE event SET recorded_at = recorded_at + 1 WHERE position = 3", 3),
        ("UPDATE event SET hash = randomblob(32) WHERE position = 3", 3),
        ("UPDATE command SET first = 2 WHERE command_id = 'command-of-3'", 2),
        ("UPDATE command SET command_id = 'x' WHERE command_id = 'command-of-3'", 3),
        ("INSERT OR REPLACE INTO command VALUES ('command-of-3', 4, 4)", 4),
        ("DELETE FROM command WHERE command_id = 'command-of-3'", None),
        ("DELETE FROM event WHERE position > 6", 7),
    ],
)
def test_it_names_the_first_event_that_is_not_what_it_was(path: Path, statement: str, position: int | None) -> None:
    tamper(path, statement)
    found = check(path)
    assert not found.ok
    assert found.position == position


def test_two_events_that_changed_places_are_found(path: Path) -> None:
    tamper(
        path, *(f"UPDATE event SET position = {new} WHERE position = {old}" for old, new in ((2, 9), (3, 2), (9, 3)))
    )
    assert check(path).position == 2


CUT = ("DELETE FROM event WHERE position > 5", "DELETE FROM command WHERE last > 5")


def test_a_tail_cut_off_with_care_is_whole_in_itself_but_not_for_who_knows_the_head(path: Path) -> None:
    head = check(path).head
    tamper(path, *CUT)
    assert check(path).ok
    assert check(path, head).position == 6


def test_a_tail_written_anew_is_found_by_who_knows_the_head(path: Path) -> None:
    head = check(path).head
    tamper(path, *CUT)
    log = EventLog.open(path, MIGRATIONS, clock=Clock())
    log.append([append("job-8"), append("job-9"), append("job-10")])
    log.close()
    assert check(path).ok
    assert check(path, head).position == 7


def test_a_head_known_from_earlier_fits_a_log_that_went_on(path: Path) -> None:
    assert check(path, Head(3, column(path, "hash", 3))).ok


def test_a_forgotten_private_part_leaves_the_log_whole(path: Path) -> None:
    log = EventLog.open(path, MIGRATIONS)
    log.append([append("log", DataForgotten((2, 4)))])
    log.close()
    tamper(path, "UPDATE event SET private = NULL, salt = NULL WHERE position IN (2, 4)")
    assert check(path).ok
    tamper(path, "UPDATE event SET private = NULL, salt = NULL WHERE position IN (1, 2)")
    assert check(path).position == 1


def test_a_damaged_index_is_found(path: Path) -> None:
    tamper(path, "PRAGMA writable_schema = 1", "UPDATE sqlite_schema SET sql = replace(sql, '(type)', '(actor)')")
    found = check(path)
    assert (found.ok, found.position) == (False, None)


@pytest.mark.parametrize("damage", [None, "event", "command", "uncovered"])
def test_the_file_is_checked_beside_the_chain_with_the_same_outcome(path: Path, damage: str | None) -> None:
    statements = {
        "event": "UPDATE event SET type = 'x' WHERE position = 3",
        "command": "UPDATE command SET first = 2 WHERE command_id = 'command-of-3'",
        "uncovered": "DELETE FROM command WHERE command_id = 'command-of-3'",
    }
    tamper(path, *[statements[damage]] if damage else [])
    open_log = partial(open_database, path, "log-reader")
    connection = open_log()
    found = verify(connection, open_again=open_log)
    connection.close()
    assert found == check(path)
    assert found.ok is (damage is None)
