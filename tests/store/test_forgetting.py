"""What a DataForgotten names is gone with the commit that tells of it, and from the disk once the log is scrubbed."""

import random
from pathlib import Path

import pytest

from ddesk.errors import Fault
from ddesk.events.log import DataForgotten
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from ddesk.store.records import Appended
from tests.store.sample import append, secret

pytestmark = pytest.mark.quick


def on_disk(log: EventLog, words: str) -> bool:
    path = Path(log.location)
    return any(words.encode() in each.read_bytes() for each in (path, Path(f"{path}-wal")) if each.exists())


def test_it_is_gone_with_the_event_that_names_it_and_the_chain_still_checks(log: EventLog) -> None:
    log.append([append("generation-1", secret("one"), secret("two"), secret("three"))])
    (outcome,) = log.append([append("log", DataForgotten((1, 3)))])
    assert outcome == Appended(4, 4)
    assert [each.event for each in log.read(0, 3)] == [secret(""), secret("two"), secret("")]
    assert log.verify().ok


def test_it_is_told_which_are_left(log: EventLog, reader: LogReader) -> None:
    log.append([append("generation-1", secret("one"), secret("two")), append("generation-2", secret("three"))])
    log.append([append("log", DataForgotten((1,)))])
    assert reader.private_positions("generation-1") == [2]
    assert (reader.is_forgotten("generation-1"), reader.is_forgotten("generation-2")) == (True, False)


def test_to_name_what_is_yet_to_come_or_has_nothing_private_does_no_harm(log: EventLog) -> None:
    batch = [append("job-1"), append("log", DataForgotten((1, 2, 3, 99))), append("generation-1", secret("later"))]
    assert all(isinstance(outcome, Appended) for outcome in log.append(batch))
    assert next(log.read(2)).event == secret("later")
    assert log.verify().ok


def test_nothing_of_it_is_left_on_the_disk_whatever_else_was_forgotten_before(file_log: EventLog) -> None:
    """Small and large ones, in any order: pages split, merge and are freed."""
    chance = random.Random(1)
    there: dict[int, str] = {}
    gone: list[str] = []
    for _ in range(25):
        for _ in range(30):
            position = file_log.head.position + 1
            there[position] = f"secret {position:06} "
            file_log.append([append(f"generation-{position}", secret(there[position] * chance.choice((1, 4, 400))))])
        some = tuple(chance.sample(sorted(there), chance.choice((1, 10, 30))))
        file_log.append([append("log", DataForgotten(some))])
        gone += [there.pop(position) for position in some]
    assert any(on_disk(file_log, words) for words in gone), "until it is scrubbed, the write-ahead file has it"
    file_log.scrub()
    assert not [words for words in gone if on_disk(file_log, words)]
    assert all(on_disk(file_log, words) for words in there.values())
    assert file_log.verify().ok


def test_a_reader_that_stays_is_told_of(file_log: EventLog) -> None:
    file_log.append([append("generation-1", secret("a long lost secret"))])
    reader = LogReader.open(file_log.location)
    reader._connection.execute("BEGIN")
    reader._connection.execute("SELECT count(*) FROM event").fetchall()
    file_log.append([append("log", DataForgotten((1,)))])
    file_log._connection.set_busy_timeout(0)  # the test need not wait for what it knows
    with pytest.raises(Fault):
        file_log.scrub()
    assert on_disk(file_log, "a long lost secret")
    reader.close()
    file_log.scrub()
    assert not on_disk(file_log, "a long lost secret")
