import random
from pathlib import Path

import pytest

from tests.store.power_cut import harm, record
from tests.store.recorded_disk import Acknowledged, Operation, Sync, Truncate, Write, cut

pytestmark = pytest.mark.quick

CUTS = 60
SYNCHRONOUS_OFF = 0


def _harms(tmp_path: Path, seed: int, synchronous: int | None = None) -> list[str]:
    chance = random.Random(seed)
    work = tmp_path / "work"
    work.mkdir()
    history = record(work, chance, synchronous)
    return [harm(history, tmp_path / str(n), chance) for n in range(CUTS)]


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_acknowledged_is_lost_when_the_power_goes(tmp_path: Path, seed: int) -> None:
    assert not list(filter(None, _harms(tmp_path, seed)))


def test_without_syncs_it_would_be(tmp_path: Path) -> None:
    assert any("the end is missing" in words for words in _harms(tmp_path, 1, SYNCHRONOUS_OFF))


def test_the_history_has_what_makes_power_cuts_hard(tmp_path: Path) -> None:
    operations = record(tmp_path, random.Random(1)).operations
    kinds = {(type(each), getattr(each, "file", "").rpartition("-")[2]) for each in operations}
    assert {(Write, "log.db"), (Sync, "log.db"), (Write, "wal"), (Sync, "wal"), (Truncate, "wal")} <= kinds
    assert any(isinstance(each, Acknowledged) for each in operations)


def test_what_was_synced_survives_and_what_was_not_may_go_or_tear() -> None:
    old, new = b"a" * 1024, b"b" * 1024
    operations: list[Operation] = [Write("f", 0, old), Sync("f"), Write("f", 0, new)]
    left = {cut({}, operations, random.Random(seed)).files["f"] for seed in range(50)}
    assert {old, new} < left
    assert cut({}, operations[:2], random.Random(1)).files == {"f": old}
    assert cut({"f": b"older"}, [], random.Random(1)).files == {"f": b"older"}
