import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ddesk.paths import write_durably
from tests.store.power_cut import History, harm, record, record_migration, record_rebuild
from tests.store.recorded_disk import (
    Acknowledged,
    Create,
    Delete,
    Operation,
    RecordedDisk,
    Rename,
    Sync,
    SyncFolder,
    Truncate,
    Write,
    cut,
)

pytestmark = [
    pytest.mark.quick,
    pytest.mark.skipif(sys.platform != "linux", reason="what is synced is known by /proc"),
]

CUTS = 30
SYNCHRONOUS_OFF, SYNCHRONOUS_NORMAL = 0, 1
LOST = "the end is missing"


def _harms(
    tmp_path: Path, make: Callable[[Path, random.Random], History], version: int = 1, cuts: int = CUTS
) -> list[str]:
    """What each of many power cuts did; empty words are none."""
    chance = random.Random(1)
    work = tmp_path / "work"
    work.mkdir()
    history = make(work, chance)
    return [harm(history, tmp_path / str(n), chance, version) for n in range(cuts)]


@pytest.mark.parametrize("kills", [0, 4], ids=["alone", "after kills"])
def test_nothing_acknowledged_is_lost_when_the_power_goes(tmp_path: Path, kills: int) -> None:
    assert not list(filter(None, _harms(tmp_path, lambda work, chance: record(work, chance, kills=kills))))


@pytest.mark.parametrize("kills", [0, 3], ids=["alone", "after kills"])
def test_nor_when_it_goes_while_a_log_is_migrated(tmp_path: Path, kills: int) -> None:
    assert not list(filter(None, _harms(tmp_path, lambda work, chance: record_migration(work, chance, kills))))


@pytest.mark.parametrize("kills", [0, 3], ids=["alone", "after kills"])
def test_nor_when_it_goes_while_the_read_models_are_built_anew(tmp_path: Path, kills: int) -> None:
    harms = _harms(tmp_path, lambda work, chance: record_rebuild(work, chance, kills), version=2)
    assert not list(filter(None, harms))


def test_a_log_that_is_synced_at_checkpoints_alone_loses_its_end_and_nothing_else(tmp_path: Path) -> None:
    harms = _harms(tmp_path, lambda work, chance: record(work, chance, SYNCHRONOUS_NORMAL), cuts=3 * CUTS)
    assert any(LOST in words for words in harms)
    assert all(LOST in words for words in harms if words)
    assert any("the read models are" in words and "ahead of the log" in words for words in harms)


def test_a_log_that_is_never_synced_is_damaged(tmp_path: Path) -> None:
    harms = _harms(tmp_path, lambda work, chance: record(work, chance, SYNCHRONOUS_OFF))
    assert any(LOST in words for words in harms)
    assert any(words and LOST not in words for words in harms)


def test_the_history_has_what_makes_power_cuts_hard(tmp_path: Path) -> None:
    operations = record(tmp_path, random.Random(1), kills=2).operations
    kinds = {(type(each), getattr(each, "file", "").rpartition("-")[2]) for each in operations}
    assert {(Write, "log.db"), (Sync, "log.db"), (Write, "wal"), (Sync, "wal"), (Truncate, "wal")} <= kinds
    assert any(isinstance(each, Acknowledged) for each in operations)
    assert any(isinstance(each, Rename) and each.to.startswith("images/") for each in operations)


def test_the_other_histories_have_their_dangerous_moments(tmp_path: Path) -> None:
    for name in ("migrated", "rebuilt"):
        (tmp_path / name).mkdir()
    migrated = record_migration(tmp_path / "migrated", random.Random(1)).operations
    assert any(isinstance(each, Rename) and each.to.startswith("backups/") for each in migrated)
    assert SyncFolder("backups") in migrated
    rebuilt = record_rebuild(tmp_path / "rebuilt", random.Random(1)).operations
    assert any(isinstance(each, Rename) and each.file.endswith(".building") for each in rebuilt)
    assert any(isinstance(each, Delete) and each.file.endswith(".db") for each in rebuilt)


def test_what_was_synced_survives_and_what_was_not_may_go_or_tear() -> None:
    old, new = b"a" * 1024, b"b" * 1024
    operations: list[Operation] = [Create("f"), SyncFolder(""), Write("f", 0, old), Sync("f"), Write("f", 0, new)]
    left = {cut({}, operations, random.Random(seed)).files["f"] for seed in range(50)}
    assert {old, new} < left
    assert cut({}, operations[:4], random.Random(1)).files == {"f": old}
    assert cut({"f": b"older"}, [], random.Random(1)).files == {"f": b"older"}


def test_a_name_is_safe_once_its_folder_was_synced() -> None:
    operations: list[Operation] = [Create("new"), Write("new", 0, b"new"), Sync("new"), Rename("new", "f")]
    left = [cut({"f": b"old"}, operations, random.Random(seed)).files for seed in range(50)]
    assert {each["f"] for each in left} == {b"old", b"new"}
    synced = [*operations, SyncFolder("")]
    assert all(cut({"f": b"old"}, synced, random.Random(seed)).files == {"f": b"new"} for seed in range(50))


def test_a_file_that_is_renamed_before_it_was_synced_may_be_empty(tmp_path: Path) -> None:
    with RecordedDisk(tmp_path).mounted() as disk:
        (tmp_path / "careless.part").write_bytes(b"content")
        (tmp_path / "careless.part").replace(tmp_path / "careless")
        write_durably(tmp_path / "careful", b"content")
    assert cut({}, disk.operations, random.Random(1)).files == {"careless": b"", "careful": b"content"}
