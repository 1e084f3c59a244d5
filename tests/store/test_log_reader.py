from collections.abc import Callable
from itertools import product
from typing import Any

import apsw
import pytest

from ddesk.errors import Fault
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.job import JobAdvanced, JobStarted
from ddesk.events.queue import QueuePaused, QueueResumed
from ddesk.store import log_reader
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from ddesk.store.records import Append, Appended
from tests.store.sample import append

pytestmark = pytest.mark.quick


@pytest.fixture
def log(log: EventLog) -> EventLog:
    """Positions 1 to 6: queue paused, job-1, job-2, queue resumed, job-1, queue paused."""
    log.append([append("queue", QueuePaused()), append("job-1"), append("job-2", actor="desk")])
    log.append([append("queue", QueueResumed(), actor="desk"), append("job-1"), append("queue", QueuePaused())])
    return log


@pytest.mark.parametrize(
    ("asked", "positions"),
    [
        ({}, [6, 5, 4, 3, 2, 1]),
        ({"limit": 2}, [6, 5]),
        ({"before": 5, "limit": 2}, [4, 3]),
        ({"after": 2, "limit": 2}, [3, 4]),
        ({"after": 1, "before": 4}, [2, 3]),
        ({"after": 6}, []),
        ({"stream": "queue"}, [6, 4, 1]),
        ({"stream": "queue", "before": 6}, [4, 1]),
        ({"stream": "queue", "after": 1}, [4, 6]),
        ({"stream": "nothing"}, []),
        ({"type": "QueuePaused"}, [6, 1]),
        ({"type": "QueuePaused", "after": 0}, [1, 6]),
        ({"actor": "desk"}, [4, 3]),
        ({"type": "JobStarted", "actor": "desk"}, [3]),
        ({"stream": "queue", "actor": "user", "type": "QueuePaused", "before": 6}, [1]),
    ],
)
def test_events_are_found_newest_first_and_oldest_first_after_a_position(
    reader: LogReader, asked: dict[str, int | str], positions: list[int]
) -> None:
    assert [event.position for event in reader.events(**asked)] == positions  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "bounds", [{}, {"before": 5}, {"before": 99}, {"after": 0}, {"after": 2}, {"after": 1, "before": 6}]
)
@pytest.mark.parametrize(
    "asked", [{}, {"type": "QueuePaused"}, {"actor": "user"}, {"stream": "queue"}, {"actor": "nobody"}]
)
def test_a_walk_finds_the_same_in_short_reads(
    reader: LogReader, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], bounds: dict[str, Any]
) -> None:
    for window, limit in product((1, 2, 4, 6, 100), (1, 2, 50)):
        monkeypatch.setattr(log_reader, "WINDOW", window)
        found = [each for some in reader.walk(limit=limit, **bounds, **asked) for each in some]
        assert found == reader.events(limit=limit, **bounds, **asked)


def test_a_read_of_a_walk_looks_at_few_positions_and_ends_where_enough_was_found(
    reader: LogReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_reader, "WINDOW", 2)
    assert [len(some) for some in reader.walk(actor="nobody")] == [0, 0, 0]
    assert [[each.position for each in some] for some in reader.walk(limit=3)] == [[6, 5], [4]]


def test_a_stream_is_told_from_its_beginning(reader: LogReader) -> None:
    assert [(event.position, event.version) for event in reader.stream("queue")] == [(1, 1), (4, 2), (6, 3)]
    assert [event.version for event in reader.stream("queue", 2)] == [2, 3]
    assert reader.stream("nothing") == []


def test_what_was_appended_is_seen_at_once(log: EventLog, reader: LogReader) -> None:
    assert reader.head() == log.head
    log.append([append("job-3", command_id="c")])
    assert reader.head() == log.head
    assert reader.command("c") == Appended(7, 7, repeated=True)
    assert [event.position for event in reader.read(after=5)] == [6, 7]


def test_a_command_that_never_came_has_no_outcome(reader: LogReader) -> None:
    assert reader.command("c") is None


def test_it_can_not_write(reader: LogReader) -> None:
    with pytest.raises(apsw.ReadOnlyError):
        reader._connection.execute("INSERT INTO reactor VALUES ('a', 1)")


@pytest.mark.parametrize("damage", ["'no json'", "'{}'", "CAST(x'ff' AS TEXT)"])
def test_damage_is_a_fault_that_says_what_to_do(log: EventLog, reader: LogReader, damage: str) -> None:
    log._connection.execute("DROP TRIGGER event_is_final")
    log._connection.execute(f"UPDATE event SET data = {damage} WHERE position = 2")
    asked: list[Callable[[], object]] = [reader.events, lambda: reader.stream("job-1"), lambda: list(reader.read())]
    for question in asked:
        with pytest.raises(Fault, match="damaged") as fault:
            question()
        assert "ddesk log verify" in fault.value.advice


def test_a_log_that_can_not_be_read_is_a_fault(log: EventLog, reader: LogReader) -> None:
    for table in ("event", "command"):
        log._connection.execute(f"ALTER TABLE {table} RENAME TO lost_{table}")
    asked: list[Callable[[], object]] = [
        reader.head,
        reader.events,
        lambda: reader.command("c"),
        lambda: log.hash_at(1),
    ]
    for question in asked:
        with pytest.raises(Fault, match="can't be read"):
            question()


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"after": 1},
        {"stream": "queue"},
        {"stream": "queue", "after": 1},
        {"type": "QueuePaused"},
        {"type": "QueuePaused", "stream": "queue", "before": 4},
        {"type": "QueuePaused", "after": 1},
        {"actor": "api:gallery"},
        {"type": "QueuePaused", "actor": "desk", "before": 4},
    ],
)
def test_no_question_sorts_or_walks_events_that_it_does_not_ask_for(
    reader: LogReader, asked: dict[str, int | str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = _plan(reader, asked)
    assert not [step for step in plan if "TEMP B-TREE" in step]
    assert all(step.startswith("SEARCH") for step in plan) or asked == {}


def _plan(reader: LogReader, asked: dict[str, int | str]) -> list[str]:
    """How SQLite means to answer, step by step."""
    statements: list[str] = []
    reader._connection.exec_trace = lambda _, statement, __: statements.append(statement) or True  # type: ignore[func-returns-value]
    reader.events(**asked)  # type: ignore[arg-type]
    reader._connection.exec_trace = None
    (statement,) = statements
    bindings = (*asked.values(), 50)
    return [row[3] for row in reader._connection.execute(f"EXPLAIN QUERY PLAN {statement}", bindings)]


def test_what_was_done_on_one_account_is_found_by_its_commands_newest_first(log: EventLog, reader: LogReader) -> None:
    for command, stream, actor in (("a", "job-1", "user"), ("b", "job-1", "desk"), ("c", "job-2", "assistant")):
        events = (NewEvent(stream, JobStarted(1)), NewEvent(stream, JobAdvanced(1)))
        by = Origin(command_id=command, correlation_id="talk", actor=actor)
        log.append([Append(by, {}, events), append("job-3")])
    assert reader.commands_under("talk") == [Appended(13, 14), Appended(7, 8)]
    assert reader.commands_under("talk", "assistant") == [Appended(13, 14)]
    assert reader.commands_under("nothing") == []
