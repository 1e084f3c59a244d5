import asyncio
import errno
from collections.abc import Awaitable, Callable

import pytest

from ddesk.app.duty import Duty
from ddesk.app.feed import Feed
from ddesk.app.notices import Alert, Notice
from ddesk.errors import AppendFailed

pytestmark = pytest.mark.quick


class Faltering:
    """Fails in each of these ways, one after the other, and then goes well; `seen` is how the duty stood meanwhile."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.seen: list[str | None] = []
        self.duty: Duty

    async def turn(self) -> str:
        self.seen.append(self.duty.stalled)
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def run(faltering: Faltering, test: Callable[[Duty], Awaitable[object]]) -> list[Notice]:
    told: list[Notice] = []

    async def with_duty() -> None:
        feed = Feed(asyncio.get_running_loop())
        feed.on_notices(told.append)
        faltering.duty = Duty("testing", "Tests", faltering.turn, feed, seconds_before_trying_again=0)
        await test(faltering.duty)

    asyncio.run(with_duty())
    return told


def test_a_mistake_is_shown_and_told_once_and_the_next_turn_goes_on() -> None:
    faltering = Faltering(KeyError("x"), KeyError("x"))
    told = run(faltering, lambda duty: duty.once())
    assert faltering.seen == [None, "KeyError: 'x'", "KeyError: 'x'"]
    assert faltering.duty.stalled is None
    assert told == [Alert(level="error", code="held_up", title="Tests are held up", words="KeyError: 'x'")]


def test_a_full_disk_is_outlasted() -> None:
    faltering = Faltering(AppendFailed("disk_full", "The disk is full."), OSError(errno.ENOSPC, "No space"))
    run(faltering, lambda duty: duty.outlast(faltering.turn))
    assert faltering.seen == [None, "The disk is full.", "[Errno 28] No space"]
    assert faltering.duty.stalled is None


def test_what_is_no_matter_of_the_disk_is_not_outlasted() -> None:
    faltering = Faltering(KeyError("x"))
    with pytest.raises(KeyError):
        run(faltering, lambda duty: duty.outlast(faltering.turn))


def test_it_ends_only_by_being_cancelled() -> None:
    async def cancelled(_: Duty) -> None:
        waiting = Duty("waiting", "Tests", asyncio.Event().wait, Feed(asyncio.get_running_loop()))
        task = asyncio.create_task(waiting.run())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(Faltering(), cancelled)


def test_a_listener_that_fails_leaves_the_others_alone() -> None:
    async def told() -> list[Notice]:
        feed, heard = Feed(asyncio.get_running_loop()), list[Notice]()
        feed.on_notices(lambda _: [].pop())
        feed.on_notices(heard.append)
        feed.notice(Alert(level="info", code="x", title="x", words="x"))
        return heard

    assert len(asyncio.run(told())) == 1
