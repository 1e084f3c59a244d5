import shutil
from pathlib import Path

import apsw
import pytest

from ddesk.errors import Fault, LogTooNew
from ddesk.store.connection import shared_memory
from ddesk.store.event_log import EventLog
from ddesk.store.migrate import statements
from tests.store.sample import MIGRATIONS, append

pytestmark = pytest.mark.quick

NEWEST = len(list(MIGRATIONS.glob("*.sql")))
ADDED = "CREATE TABLE added (a INTEGER) STRICT;\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Migrations to which a test can add."""
    return Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "log.db"


def add(folder: Path, script: str, number: int = NEWEST + 1) -> None:
    (folder / f"{number:04}-later.sql").write_text(script)


def fill(path: Path, folder: Path, events: int = 1) -> None:
    path.parent.mkdir(exist_ok=True)
    log = EventLog.open(path, folder)
    log.append([append(f"job-{n}") for n in range(events)])
    log.close()


def look(path: Path, question: str) -> object:
    connection = apsw.Connection(str(path), apsw.SQLITE_OPEN_READONLY)
    answer = connection.execute(question).get
    connection.close()
    return answer


def copies(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.glob("backups/*"))


def test_a_new_log_gets_the_newest_schema_and_needs_no_copy(path: Path, folder: Path) -> None:
    add(folder, ADDED)
    fill(path, folder, events=0)
    assert look(path, "PRAGMA user_version") == NEWEST + 1
    assert copies(path) == []


def test_opening_again_migrates_nothing_and_copies_nothing(path: Path) -> None:
    fill(path, MIGRATIONS)
    before = look(path, "SELECT group_concat(sql) FROM sqlite_schema")
    fill(path, MIGRATIONS, events=0)
    assert look(path, "SELECT group_concat(sql) FROM sqlite_schema") == before
    assert copies(path) == []


def test_an_older_log_is_migrated_and_a_copy_of_it_is_kept(path: Path, folder: Path) -> None:
    fill(path, folder, events=3)
    add(folder, ADDED)
    fill(path, folder, events=0)
    assert look(path, "PRAGMA user_version") == NEWEST + 1
    assert copies(path) == [f"log-schema-{NEWEST}-at-3.db"]
    copy = EventLog.open(path.parent / "backups" / copies(path)[0], MIGRATIONS)
    assert copy.verify().ok
    assert copy.head.position == 3
    copy.close()


def test_the_copy_holds_what_was_only_in_the_write_ahead_log(path: Path, folder: Path) -> None:
    path.parent.mkdir()
    log = EventLog.open(path, folder)
    log.append([append("job-1")])
    assert log.wal_bytes() > 0
    add(folder, ADDED)
    EventLog.open(path, folder).close()
    log.close()
    assert look(path.parent / "backups" / f"log-schema-{NEWEST}-at-1.db", "SELECT count(*) FROM event") == 1


def test_a_log_of_a_later_version_is_refused_in_plain_words_and_left_alone(path: Path, folder: Path) -> None:
    add(folder, ADDED)
    fill(path, folder)
    before = path.read_bytes()
    with pytest.raises(LogTooNew, match="written by a later version"):
        EventLog.open(path, MIGRATIONS)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "broken", ["CREATE TABLE half (a);\nINSERT INTO nowhere VALUES (1);\n", "CREATE TABLE half (a"]
)
def test_a_migration_that_fails_half_way_leaves_nothing_and_goes_on_next_time(
    path: Path, folder: Path, broken: str
) -> None:
    fill(path, folder)
    add(folder, ADDED)
    add(folder, broken, NEWEST + 2)
    with pytest.raises(Fault, match="could not be prepared"):
        EventLog.open(path, folder)
    assert look(path, "PRAGMA user_version") == NEWEST + 1
    assert look(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == 0
    add(folder, "CREATE TABLE half (a);", NEWEST + 2)
    fill(path, folder, events=0)
    assert look(path, "PRAGMA user_version") == NEWEST + 2


def test_a_copy_cut_short_is_made_anew(path: Path, folder: Path) -> None:
    fill(path, folder)
    add(folder, ADDED)
    part = path.parent / "backups" / f"log-schema-{NEWEST}-at-1.part"
    part.parent.mkdir()
    part.write_bytes(b"half a copy")
    fill(path, folder, events=0)
    assert copies(path) == [f"log-schema-{NEWEST}-at-1.db"]


def test_without_a_copy_there_is_no_migration(path: Path, folder: Path) -> None:
    fill(path, folder)
    add(folder, ADDED)
    (path.parent / "backups").write_text("a file where the folder should be")
    with pytest.raises(Fault, match="could not be prepared"):
        EventLog.open(path, folder)
    assert look(path, "PRAGMA user_version") == NEWEST


@pytest.mark.parametrize("version", [0, 1])
def test_another_programs_database_is_refused_and_left_alone(path: Path, version: int) -> None:
    path.parent.mkdir()
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE mine (a)")
    connection.pragma("user_version", version)
    connection.close()
    with pytest.raises(Fault, match="another program"):
        EventLog.open(path, MIGRATIONS)
    assert look(path, "SELECT count(*) FROM sqlite_schema") == 1


def test_a_log_in_memory_migrates_without_a_copy(folder: Path) -> None:
    address = shared_memory()
    kept = EventLog.open(address, folder)
    add(folder, ADDED)
    EventLog.open(address, folder).close()
    assert kept._connection.pragma("user_version") == NEWEST + 1
    kept.close()


@pytest.mark.parametrize("names", [[], ["0002-b.sql"], ["0001-a.sql", "0003-c.sql"]])
def test_migrations_with_gaps_are_a_fault(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text(ADDED)
    with pytest.raises(Fault, match="incomplete"):
        EventLog.open(shared_memory(), tmp_path)


def test_a_script_is_split_at_the_ends_of_statements_only() -> None:
    script = """-- a; comment
    CREATE TABLE t (a); INSERT INTO t VALUES ('one; two');
    CREATE TRIGGER r AFTER INSERT ON t BEGIN
        SELECT 1;
        SELECT 2;
    END;
    /* the; end */
    SELECT 3"""
    connection = apsw.Connection(":memory:")
    split = list(statements(script))
    assert len(split) == 4
    for statement in split:
        connection.execute(statement)
    assert connection.execute("SELECT a FROM t").get == "one; two"
    assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'").get == 1
    assert split[-1].strip().endswith("SELECT 3")


def test_a_log_of_the_first_schema_becomes_one_of_the_newest_and_a_copy_is_kept(path: Path, tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    shutil.copy(MIGRATIONS / "0001-event-log.sql", first)
    fill(path, first, events=3)
    fill(path, MIGRATIONS, events=1)
    assert copies(path) == ["log-schema-1-at-3.db"]
    plan = "EXPLAIN QUERY PLAN SELECT * FROM event WHERE correlation_id = 'a'"
    connection = apsw.Connection(str(path), apsw.SQLITE_OPEN_READONLY)
    assert "event_by_correlation" in str(connection.execute(plan).fetchall())
    connection.close()
