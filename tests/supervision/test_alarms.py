import math

import pytest

from ddesk.supervision.alarms import Alarms

pytestmark = pytest.mark.quick


def test_what_is_due_rings_once_the_earliest_first() -> None:
    rung: list[str] = []
    alarms = Alarms()
    for name, at in (("late", 9.0), ("second", 2.0), ("first", 1.0)):
        alarms.set(name, at, lambda name=name: rung.append(name))  # type: ignore[misc]
    alarms.ring(5.0)
    alarms.ring(5.0)
    assert rung == ["first", "second"]
    assert alarms.next() == 9.0


def test_setting_an_alarm_again_moves_it() -> None:
    rung: list[str] = []
    alarms = Alarms()
    alarms.set("a", 1.0, lambda: rung.append("old"))
    alarms.set("a", 3.0, lambda: rung.append("new"))
    alarms.ring(2.0)
    assert rung == []
    alarms.ring(3.0)
    assert rung == ["new"]


def test_an_alarm_can_silence_another_that_is_due_too() -> None:
    rung: list[str] = []
    alarms = Alarms()
    alarms.set("first", 1.0, alarms.clear_all)
    alarms.set("second", 2.0, lambda: rung.append("second"))
    alarms.ring(5.0)
    assert rung == []
    assert alarms.next() == math.inf


def test_an_alarm_that_sets_itself_again_rings_once_however_late_it_is() -> None:
    """So a desk that stood still for a minute counts one missed heartbeat and not sixty."""
    rung: list[float] = []
    alarms = Alarms()

    def beat() -> None:
        rung.append(60.0)
        alarms.set("beat", 61.0, beat)

    alarms.set("beat", 1.0, beat)
    alarms.ring(60.0)
    assert rung == [60.0]
    assert alarms.next() == 61.0


def test_a_cleared_alarm_stays_silent() -> None:
    alarms = Alarms()
    alarms.set("a", 1.0, lambda: pytest.fail("it rang"))
    alarms.clear("a", "never set")
    alarms.ring(math.inf)
