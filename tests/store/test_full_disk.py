"""A disk that is full refuses new work and loses none that was acknowledged."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ddesk.errors import AppendFailed
from ddesk.store.event_log import EventLog
from ddesk.store.records import Appended
from tests.store.sample import append, secret

pytestmark = pytest.mark.quick

ROOM = 400_000


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow past ROOM bytes: as on a full disk, some of a write may fit and the rest not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _fill(log: EventLog) -> tuple[int, AppendFailed]:
    """How many appends were acknowledged before the first that wasn't, and why it wasn't."""
    for number in range(1000):
        (outcome,) = log.append([append("generation-1", secret("words " * 500), expected=number)])
        if not isinstance(outcome, Appended):
            assert isinstance(outcome, AppendFailed)
            return number, outcome
    raise AssertionError("the disk never filled up")


def test_it_says_so_and_keeps_what_was_acknowledged(file_log: EventLog) -> None:
    with full_disk():
        acknowledged, failure = _fill(file_log)
        assert acknowledged > 10
        assert (failure.code, failure.status) == ("disk_full", 503)
        assert [event.version for event in file_log.read()] == list(range(1, acknowledged + 1))
        assert file_log.verify().ok


def test_it_goes_on_once_there_is_room(file_log: EventLog) -> None:
    with full_disk():
        acknowledged, _ = _fill(file_log)
    (outcome,) = file_log.append([append("generation-1", expected=acknowledged)])
    assert outcome == Appended(acknowledged + 1, acknowledged + 1)
    assert file_log.verify().ok
