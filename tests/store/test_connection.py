from pathlib import Path

import apsw
import pytest

from ddesk.errors import Fault
from ddesk.store import connection as connection_module
from ddesk.store.connection import Profile, open_database, shared_memory

pytestmark = pytest.mark.quick

OFF, NORMAL, FULL = 0, 1, 2


@pytest.mark.parametrize(
    ("profile", "journal", "synchronous"),
    [("log", "wal", FULL), ("read", "wal", NORMAL), ("read-building", "off", OFF)],
)
def test_a_profile_has_the_journal_and_the_durability_it_promises(
    tmp_path: Path, profile: Profile, journal: str, synchronous: int
) -> None:
    connection = open_database(tmp_path / "a.db", profile)
    assert connection.pragma("journal_mode") == journal
    assert connection.pragma("synchronous") == synchronous
    connection.close()


@pytest.mark.parametrize(("writing", "reading"), [("log", "log-reader"), ("read", "read-reader")])
def test_a_reader_can_not_write_and_needs_a_file_that_is_there(
    tmp_path: Path, writing: Profile, reading: Profile
) -> None:
    with pytest.raises(Fault, match="could not be opened"):
        open_database(tmp_path / "a.db", reading)
    writer = open_database(tmp_path / "a.db", writing)
    writer.execute("CREATE TABLE t (a)")
    reader = open_database(tmp_path / "a.db", reading)
    with pytest.raises(apsw.ReadOnlyError):
        reader.execute("INSERT INTO t VALUES (1)")
    reader.close()
    writer.close()


def test_connections_to_one_address_in_memory_share_it_and_other_addresses_do_not() -> None:
    address = shared_memory()
    one, same, other = (open_database(each, "log") for each in (address, address, shared_memory()))
    one.execute("CREATE TABLE t (a)")
    assert same.execute("SELECT name FROM sqlite_schema").get == "t"
    assert other.execute("SELECT name FROM sqlite_schema").get is None
    for connection in (one, same, other):
        connection.close()


def test_a_setting_that_does_not_take_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="journal_mode = wal; it has memory"):
        open_database(":memory:", "log")


def test_a_setting_that_sqlite_does_not_know_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "_ALWAYS", {"truly_durable": 1})
    with pytest.raises(Fault, match="truly_durable"):
        open_database(tmp_path / "a.db", "log")


def test_a_file_that_is_no_database_is_a_fault_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"not a database at all, but long enough to be taken for one" * 20)
    before = path.read_bytes()
    with pytest.raises(Fault, match="damaged"):
        open_database(path, "log")
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="could not be opened"):
        open_database(tmp_path / "nowhere" / "a.db", "log")


def test_the_name_of_a_file_is_never_taken_for_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_database("file:a?mode=ro", "log").close()
    assert Path("file:a?mode=ro").exists()
