import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ddesk.app.notices import ShadowProgress
from ddesk.app.shadows import StillBuilding
from ddesk.errors import Fault, NotFound
from ddesk.events.envelope import NewEvent
from ddesk.events.log import DataForgotten
from ddesk.events.queue import QueuePaused, QueueResumed
from ddesk.paths import program
from ddesk.projections import generations
from tests.app.shadows_at_work import ShadowsAtWork, shadows_at_work
from tests.bench.stories import stories
from tests.domain.samples import REQUESTED

SECONDS = 60.0
PAUSE, RESUME = NewEvent("queue", QueuePaused()), NewEvent("queue", QueueResumed())
FORGET_THE_SECOND = NewEvent("log", DataForgotten((2,)))


def with_shadows(
    root: Path, *events: NewEvent, command: list[str] | None = None
) -> Callable[[Callable[[ShadowsAtWork], Awaitable[None]]], None]:
    """Runs the test that it decorates."""

    def run(test: Callable[[ShadowsAtWork], Awaitable[None]]) -> None:
        async def whole() -> None:
            async with shadows_at_work(root, *events, command=command) as at:
                await test(at)

        asyncio.run(whole())

    return run


def test_the_past_is_read_while_the_present_goes_on(tmp_path: Path) -> None:
    @with_shadows(tmp_path, PAUSE, RESUME)
    async def _(at: ShadowsAtWork) -> None:
        paused = [generations.is_paused(await at.shadows.at(position, SECONDS)) for position in (0, 1, 2, 1)]
        assert paused == [False, True, False, True]


def building(position: int) -> list[asyncio.Task[object]]:
    return [each for each in asyncio.all_tasks() if each.get_name() == f"shadow {position}"]


def test_a_position_that_the_log_does_not_have_is_refused(tmp_path: Path) -> None:
    @with_shadows(tmp_path, PAUSE)
    async def _(at: ShadowsAtWork) -> None:
        for position in (-1, 2, 1 << 70):
            with pytest.raises(NotFound):
                await at.shadows.at(position, SECONDS)


def test_at_most_three_are_kept_and_the_one_that_was_used_last_stays(tmp_path: Path) -> None:
    @with_shadows(tmp_path, PAUSE, RESUME, PAUSE)
    async def _(at: ShadowsAtWork) -> None:
        for position in (0, 1, 2, 0, 3):
            await at.shadows.at(position, SECONDS)
        assert at.folders == ["0", "2", "3"]


def test_what_takes_longer_is_told_of_and_gives_way_once_nobody_waits_for_it(tmp_path: Path) -> None:
    @with_shadows(tmp_path, PAUSE, RESUME)
    async def _(at: ShadowsAtWork) -> None:
        with pytest.raises(StillBuilding):
            await at.shadows.at(1, seconds=0)
        await at.shadows.at(2, SECONDS)
        assert at.folders == ["2"]


def test_two_who_wait_for_different_ones_both_get_theirs(tmp_path: Path) -> None:
    @with_shadows(tmp_path, PAUSE, RESUME)
    async def _(at: ShadowsAtWork) -> None:
        found = await asyncio.gather(*(at.shadows.at(position, SECONDS) for position in (1, 2, 1)))
        assert [generations.is_paused(each) for each in found] == [True, False, True]


def test_how_far_it_is_is_told(tmp_path: Path) -> None:
    @with_shadows(tmp_path)
    async def _(at: ShadowsAtWork) -> None:
        at.log.append(stories(1_200))
        await at.shadows.at(10_800, SECONDS)
        told = [each for each in at.notices if isinstance(each, ShadowProgress)]
        assert [(each.position, each.done) for each in told] == [(10_800, 5_000), (10_800, 10_000)]


def test_a_build_that_is_killed_is_a_fault_and_the_next_one_succeeds(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]

    @with_shadows(tmp_path, PAUSE, command=command)
    async def _(at: ShadowsAtWork) -> None:
        with pytest.raises(Fault, match="could not be read"):
            await at.shadows.at(1, SECONDS)
        command[:] = program()
        assert generations.is_paused(await at.shadows.at(1, SECONDS))


def test_what_was_left_behind_is_gone_when_the_desk_is_opened_again(tmp_path: Path) -> None:
    left = tmp_path / "cache" / "as-of" / "1.building"
    left.mkdir(parents=True)

    @with_shadows(tmp_path, PAUSE)
    async def _(at: ShadowsAtWork) -> None:
        assert at.folders == []
        assert generations.is_paused(await at.shadows.at(1, SECONDS))

    assert not left.parent.exists()


def test_what_holds_something_that_is_forgotten_goes_with_it(tmp_path: Path) -> None:
    @with_shadows(tmp_path, PAUSE, NewEvent("generation-a", REQUESTED), RESUME)
    async def _(at: ShadowsAtWork) -> None:
        for position in (1, 2, 3):
            await at.shadows.at(position, SECONDS)
        await at.record(FORGET_THE_SECOND)
        assert at.folders == ["1"]


def test_one_that_is_being_built_meanwhile_is_begun_anew(tmp_path: Path) -> None:
    @with_shadows(tmp_path, PAUSE, NewEvent("generation-a", REQUESTED))
    async def _(at: ShadowsAtWork) -> None:
        with pytest.raises(StillBuilding):
            await at.shadows.at(2, seconds=0)
        (begun,) = building(2)
        waiting = asyncio.create_task(at.shadows.at(2, SECONDS))
        await at.record(FORGET_THE_SECOND)
        assert generations.by_id(await waiting, "a") is not None
        assert begun.cancelled()
