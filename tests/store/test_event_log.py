"""What every log does, in a file and in memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddesk.errors import DeskError, WriteConflict
from ddesk.events.chain import GENESIS
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.generation import GenerationCompleted
from ddesk.events.job import JobCompleted, JobStarted
from ddesk.events.queue import QueuePaused, QueueResumed
from ddesk.store.connection import Location, shared_memory
from ddesk.store.event_log import EventLog, Outcome
from ddesk.store.records import CHUNK, Append, Appended, Head
from tests.store.sample import MIGRATIONS, append, origin, secret

pytestmark = pytest.mark.quick


def only(outcomes: list[Outcome]) -> Outcome:
    (outcome,) = outcomes
    return outcome


def test_an_empty_log_has_nothing_and_its_chain_starts_at_zero(log: EventLog) -> None:
    assert list(log.read()) == []
    assert log.head == Head(0, GENESIS)
    assert log.hash_at(0) == GENESIS
    assert log.hash_at(1) is None


def test_positions_have_no_gaps_and_each_stream_counts_its_own_versions(log: EventLog) -> None:
    log.append([append("job-1"), append("job-2", JobStarted(1), JobCompleted(0.5)), append("job-1")])
    log.append([append("job-2")])
    assert [(event.position, event.stream, event.version) for event in log.read()] == [
        (1, "job-1", 1),
        (2, "job-2", 1),
        (3, "job-2", 2),
        (4, "job-1", 2),
        (5, "job-2", 3),
    ]


def test_an_event_comes_back_with_everything_that_was_known_of_it(log: EventLog) -> None:
    asked = Origin(command_id="c", correlation_id="r", actor="api:phone", causation=7)
    log.append([Append(asked, {}, (NewEvent("generation-1", secret("a name")),))])
    (event,) = log.read()
    assert event.event == secret("a name")
    assert (event.type, event.schema) == ("GenerationFailed", 1)
    assert (event.command_id, event.correlation_id, event.actor, event.causation) == ("c", "r", "api:phone", 7)
    assert event.recorded_at == 1_700_000_000_000_001
    assert int.from_bytes(event.event_id[:6], "big") == event.recorded_at // 1000


def test_the_private_part_is_kept_out_of_the_data(log: EventLog) -> None:
    log.append([append("generation-1", secret("a name"))])
    found = log._connection.execute(
        "SELECT instr(data, 'a name') > 0, instr(private, 'a name') > 0, length(salt) FROM event"
    )
    assert found.fetchall() == [(0, 1, 16)]


def test_the_outcome_names_the_positions_of_the_commands_events(log: EventLog) -> None:
    log.append([append("job-1")])
    outcomes = log.append([append("job-1", JobStarted(2), JobCompleted(1)), append("job-2")])
    assert outcomes == [Appended(2, 3), Appended(4, 4)]
    assert log.head.position == 4


@pytest.mark.parametrize("expected", [0, 2])
def test_a_stream_at_another_version_than_expected_is_a_conflict(log: EventLog, expected: int) -> None:
    log.append([append("job-1")])
    conflict = only(log.append([append("job-1", expected=expected)]))
    assert isinstance(conflict, WriteConflict)
    assert log.head.position == 1


def test_a_conflict_fails_alone_and_leaves_no_gap(log: EventLog) -> None:
    outcomes = log.append([append("job-1", expected=0), append("job-2", expected=5), append("job-3", expected=0)])
    assert [type(outcome) for outcome in outcomes] == [Appended, WriteConflict, Appended]
    assert [(event.position, event.stream) for event in log.read()] == [(1, "job-1"), (2, "job-3")]


def test_a_command_to_several_streams_happens_to_all_or_none(log: EventLog) -> None:
    log.append([append("job-1")])
    both = (NewEvent("job-1", JobStarted(1)), NewEvent("job-2", JobStarted(1)))
    assert isinstance(only(log.append([Append(origin(), {"job-1": 1, "job-2": 1}, both)])), WriteConflict)
    assert log.head.position == 1
    assert only(log.append([Append(origin(), {"job-1": 1, "job-2": 0}, both)])) == Appended(2, 3)


def test_a_stream_that_was_only_looked_at_is_checked_too(log: EventLog) -> None:
    log.append([append("queue", QueuePaused())])
    looked = Append(origin(), {"queue": 0, "job-1": 0}, (NewEvent("job-1", JobStarted(1)),))
    assert isinstance(only(log.append([looked])), WriteConflict)


def test_commands_of_one_batch_see_what_earlier_ones_added(log: EventLog) -> None:
    first, late, next_ = append("job-1", expected=0), append("job-1", expected=0), append("job-1", expected=1)
    assert [type(outcome) for outcome in log.append([first, late, next_])] == [Appended, WriteConflict, Appended]


def test_a_command_is_appended_once_however_often_it_comes(log: EventLog) -> None:
    command = append("job-1", JobStarted(1), JobCompleted(1), expected=0, command_id="c")
    assert log.append([command, command]) == [Appended(1, 2), Appended(1, 2, repeated=True)]
    assert log.append([command]) == [Appended(1, 2, repeated=True)]
    assert log.head.position == 2


def test_a_command_that_conflicted_may_come_again(log: EventLog) -> None:
    log.append([append("job-1")])
    assert isinstance(only(log.append([append("job-1", expected=0, command_id="c")])), WriteConflict)
    assert only(log.append([append("job-1", expected=1, command_id="c")])) == Appended(2, 2)


def test_an_event_that_can_not_be_stored_fails_alone(log: EventLog) -> None:
    outcomes = log.append([append("job-1"), append("g", GenerationCompleted(float("nan"))), append("job-2")])
    assert [type(outcome) for outcome in outcomes] == [Appended, DeskError, Appended]
    assert [event.stream for event in log.read()] == ["job-1", "job-2"]


def test_a_command_that_records_nothing_fails_alone(log: EventLog) -> None:
    outcomes = log.append([Append(origin(), {}, ()), append("job-1")])
    assert [type(outcome) for outcome in outcomes] == [DeskError, Appended]


def test_an_empty_batch_changes_nothing(log: EventLog) -> None:
    assert log.append([]) == []
    assert log.head.position == 0


def test_a_part_of_the_log_can_be_read(log: EventLog) -> None:
    log.append([append(f"job-{n}") for n in range(9)])
    assert [event.position for event in log.read(after=3)] == [4, 5, 6, 7, 8, 9]
    assert [event.position for event in log.read(after=3, until=5)] == [4, 5]
    assert [event.position for event in log.read(until=2)] == [1, 2]
    assert list(log.read(after=9)) == []


def test_a_log_longer_than_one_read_comes_in_order_and_whole(log: EventLog) -> None:
    log.append([append("queue", *[QueuePaused()] * (CHUNK + 1), *[QueueResumed()] * CHUNK)])
    assert [event.version for event in log.read()] == list(range(1, 2 * CHUNK + 2))


def test_a_reader_half_way_through_sees_what_is_appended_meanwhile(log: EventLog) -> None:
    log.append([append("queue", *[QueuePaused()] * CHUNK)])
    events = log.read()
    next(events)
    log.append([append("queue", QueueResumed())])
    assert [event.type for event in events][-1] == "QueueResumed"


def test_the_chain_goes_on_after_reopening(location: Location) -> None:
    log = EventLog.open(location, MIGRATIONS)
    log.append([append("job-1", expected=0, command_id="c")])
    again = EventLog.open(location, MIGRATIONS)
    assert again.head == log.head
    log.close()
    assert again.append([append("job-1", expected=0, command_id="c")]) == [Appended(1, 1, repeated=True)]
    assert again.append([append("job-1", expected=1)]) == [Appended(2, 2)]
    assert again.verify().head == again.head == Head(2, again.hash_at(2) or b"")
    assert again.verify().ok
    again.close()


def test_a_reactors_position_is_kept(log: EventLog) -> None:
    assert log.reactor_position("thumbnails") == 0
    log.save_reactor_position("thumbnails", 3)
    log.save_reactor_position("thumbnails", 5)
    assert (log.reactor_position("thumbnails"), log.reactor_position("others")) == (5, 0)


STREAMS = st.sampled_from(["a", "b", "c"])
APPENDS = st.builds(
    lambda command, expected, streams: Append(
        origin(f"c{command}"), expected, tuple(NewEvent(stream, QueuePaused()) for stream in streams)
    ),
    st.integers(1, 12),
    st.dictionaries(STREAMS, st.integers(0, 3), max_size=2),
    st.lists(STREAMS, min_size=1, max_size=3),
)


@given(st.lists(st.lists(APPENDS, max_size=4), max_size=6))
def test_any_batches_do_what_a_list_in_memory_does(batches: list[list[Append]]) -> None:
    log = EventLog.open(shared_memory(), MIGRATIONS)
    model = Model()
    for batch in batches:
        found = [outcome if isinstance(outcome, Appended) else type(outcome) for outcome in log.append(batch)]
        assert found == [model.append(each) for each in batch]
    assert [(event.stream, event.version, event.command_id) for event in log.read()] == model.events
    assert log.verify().ok
    log.close()


class Model:
    def __init__(self) -> None:
        self.events: list[tuple[str, int, str]] = []
        self._commands: dict[str, Appended] = {}

    def append(self, append: Append) -> Appended | type[WriteConflict]:
        command = append.origin.command_id
        if command in self._commands:
            return self._commands[command]
        if any(self._version(stream) != version for stream, version in append.expected.items()):
            return WriteConflict
        first = len(self.events) + 1
        for new in append.events:
            self.events.append((new.stream, self._version(new.stream) + 1, command))
        self._commands[command] = Appended(first, len(self.events), repeated=True)
        return Appended(first, len(self.events))

    def _version(self, stream: str) -> int:
        return sum(each == stream for each, _, _ in self.events)
