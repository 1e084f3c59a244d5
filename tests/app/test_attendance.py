"""When a desk that nobody looks at ends by itself."""

import contextlib
from collections.abc import Callable

import pytest

from ddesk.app.attendance import Attendance

pytestmark = pytest.mark.quick
GRACE = 30.0


class Clock:
    """Time passes when it is told to."""

    def __init__(self) -> None:
        self._due: list[_Timer] = []
        self._now = 0.0

    def later(self, seconds: float, call: Callable[[], None]) -> "_Timer":
        self._due.append(_Timer(self._now + seconds, call))
        return self._due[-1]

    def pass_(self, seconds: float) -> None:
        end = self._now + seconds
        while due := [each for each in self._due if each.at <= end]:
            first = min(due, key=lambda each: each.at)
            self._due.remove(first)
            self._now = first.at
            first.ring()
        self._now = end


class _Timer:
    def __init__(self, at: float, call: Callable[[], None]) -> None:
        self.at = at
        self._call: Callable[[], None] | None = call

    def cancel(self) -> None:
        self._call = None

    def ring(self) -> None:
        if self._call:
            self._call()


class Room:
    def __init__(self, grace_seconds: float = GRACE) -> None:
        self.clock = Clock()
        self.busy = False
        self.attendance = Attendance(grace_seconds, lambda: self.busy, self.clock.later)

    def visit(self) -> None:
        with self.attendance.page():
            pass

    @property
    def is_over(self) -> bool:
        return self.attendance.over.is_set()


def test_it_ends_when_the_grace_time_after_the_last_page_has_passed() -> None:
    room = Room()
    room.visit()
    room.clock.pass_(GRACE - 1)
    assert not room.is_over
    room.clock.pass_(1)
    assert room.is_over


def test_it_stays_while_a_page_is_open() -> None:
    room = Room()
    with room.attendance.page():
        room.visit()
        room.clock.pass_(10 * GRACE)
    assert not room.is_over


def test_a_page_that_comes_back_in_time_keeps_it_open() -> None:
    room = Room()
    room.visit()
    room.clock.pass_(GRACE - 1)
    with contextlib.ExitStack() as reloaded:
        reloaded.enter_context(room.attendance.page())
        room.clock.pass_(10 * GRACE)
    assert not room.is_over
    room.clock.pass_(GRACE)
    assert room.is_over


def test_it_waits_for_the_work_to_be_done() -> None:
    room = Room()
    room.busy = True
    room.visit()
    room.clock.pass_(10 * GRACE)
    assert not room.is_over
    room.busy = False
    room.clock.pass_(GRACE)
    assert room.is_over


def test_it_stays_before_anybody_came() -> None:
    room = Room()
    room.clock.pass_(10 * GRACE)
    assert not room.is_over


def test_it_stays_for_good_unless_a_person_wants_otherwise() -> None:
    room = Room(grace_seconds=0)
    room.visit()
    room.clock.pass_(10 * GRACE)
    assert not room.is_over


def test_a_changed_mind_holds_from_the_next_page_on() -> None:
    room = Room(grace_seconds=0)
    with room.attendance.page():
        room.attendance.grace_seconds = GRACE
    room.clock.pass_(GRACE)
    assert room.is_over
