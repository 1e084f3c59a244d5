from collections.abc import Iterator
from pathlib import Path

import pytest

from ddesk.errors import Invalid, NotFound
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.queue import QueuePaused, QueueResumed
from ddesk.paths import migrations
from ddesk.store.event_log import EventLog
from ddesk.store.past_log import PastLog
from ddesk.store.records import Append
from tests.store.test_verify import tamper

pytestmark = pytest.mark.quick

CAUSES = (None, 1, 2, None, 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Five events of the queue, of which the second comes of the first, the third and the fifth of the second."""
    path = tmp_path / "log.db"
    log = EventLog.open(path, migrations())
    for n, cause in enumerate(CAUSES):
        origin = Origin(command_id=f"c{n}", correlation_id="r", actor="user", causation=cause)
        event = QueueResumed() if n % 2 else QueuePaused()
        log.append([Append(origin=origin, expected={}, events=(NewEvent("queue", event),))])
    log.close()
    return path


@pytest.fixture
def log(path: Path) -> Iterator[PastLog]:
    opened = PastLog.open(path)
    yield opened
    opened.close()


def test_it_is_as_it_was_at_its_end(log: PastLog) -> None:
    earlier = log.up_to(3)
    assert [each.position for each in earlier.read()] == [1, 2, 3]
    assert earlier.counts() == [("QueuePaused", 1, 2), ("QueueResumed", 1, 1)]
    assert (earlier.head.position, earlier.head.hash) == (3, log.hash_at(3))
    assert earlier.at(4) is None


def test_an_effect_may_be_far_from_its_cause(log: PastLog) -> None:
    assert [each.position for each in log.effects(1)] == [2, 3, 5]
    assert [each.position for each in log.up_to(3).effects(1)] == [2, 3]
    assert log.effects(4) == []


def test_a_position_that_it_does_not_reach_is_refused(path: Path, log: PastLog) -> None:
    with pytest.raises(Invalid, match="the log has 5"):
        PastLog.open(path, until=6)
    with pytest.raises(Invalid, match="the log has 5"):
        log.up_to(6)


def test_an_event_that_can_not_be_read_is_passed_over_and_named(path: Path, log: PastLog) -> None:
    tamper(path, "UPDATE event SET data = '{' WHERE position = 2")
    assert [each.position for each in log.read()] == [1, 3, 4, 5]
    assert list(log.damaged) == [2]
    assert not log.verify().ok


def test_a_log_is_read_while_it_is_written_and_left_as_it_was(path: Path) -> None:
    writer = EventLog.open(path, migrations())
    log = PastLog.open(path)
    event = NewEvent("queue", QueueResumed())
    writer.append([Append(Origin(command_id="x", correlation_id="r", actor="user"), {}, (event,))])
    assert [each.position for each in log.read()] == [1, 2, 3, 4, 5]
    log.close()
    writer.close()
    before = path.read_bytes()
    again = PastLog.open(path)
    assert len(list(again.read())) == 6
    again.close()
    assert path.read_bytes() == before


def test_what_is_no_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    with pytest.raises(Invalid, match="no log of this program"):
        PastLog.open(tmp_path / "text")
    with pytest.raises(NotFound, match="There is no log at"):
        PastLog.open(tmp_path / "nothing")
