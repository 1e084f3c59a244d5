"""What stays in memory while nothing needs it: by a clock that the test puts forward."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from ddesk.app.handle import by_desk
from ddesk.app.model_check import Problem
from ddesk.errors import Conflict, NotFound
from ddesk.events.generation import GenerationStarted
from ddesk.events.memory import MemoryPlanned
from ddesk.events.worker import ModelLoaded, ModelUnloaded, WorkerLost, WorkerReady
from tests.app.memory_at_work import DeskOfFakes, desk_of_fakes

Test = Callable[[DeskOfFakes], Awaitable[None]]
MINUTE = 60.0


def run(folder: Path, test: Test, device_mb: int = 6144, **settings: object) -> None:
    async def at_work() -> None:
        async with desk_of_fakes(folder, device_mb, **settings) as at:
            await test(at)

    asyncio.run(at_work())


def loads(at: DeskOfFakes) -> list[str]:
    return [each.preset_id for each in at.events(ModelLoaded)]


def test_a_model_that_nobody_uses_is_unloaded_after_its_time_and_not_before(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        await at.picture()
        at.clock.pass_(9 * MINUTE)
        await at.picture()
        at.clock.pass_(9 * MINUTE)
        await at.a_little_work()
        assert not at.events(ModelUnloaded)
        at.clock.pass_(1 * MINUTE)
        (unloaded,) = await at.until_told(ModelUnloaded)
        assert (unloaded.preset_id, unloaded.why) == ("big", "idle")
        await at.a_little_work()
        assert loads(at) == ["big"], "what went because nobody used it is not made ready again"

    run(tmp_path, test)


def test_a_change_of_the_setting_is_followed_at_once(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        await at.picture()
        at.clock.pass_(60 * MINUTE)
        await at.a_little_work()
        assert not at.events(ModelUnloaded)
        await at.desk.change_setting(by_desk("test"), "idle_unload_minutes", 30)
        await at.until_told(ModelUnloaded)

    run(tmp_path, test, idle_unload_minutes=0)


def test_what_waits_in_a_paused_queue_finds_its_model_ready(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        await at.desk.pause_queue(by_desk("test"))
        id_ = await at.ask()
        await at.until_told(ModelLoaded)
        (plan,) = at.events(MemoryPlanned)
        assert (plan.purpose, plan.generation_id) == ("prewarm", None)
        await at.desk.resume_queue(by_desk("test"))
        assert await at.ended(id_) == "completed"
        assert loads(at) == ["big"]
        assert at.events(MemoryPlanned)[-1].reload is False

    run(tmp_path, test)


def test_nothing_is_made_ready_at_the_cost_of_another_model(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        await at.answer()
        await at.desk.pause_queue(by_desk("test"))
        await at.ask()
        await at.a_little_work()
        assert loads(at) == ["talker"]
        assert not at.events(ModelUnloaded)

    run(tmp_path, test)


def test_a_worker_that_was_lost_comes_back_with_the_model_that_was_used_last(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        await at.picture()
        at.kill("image")
        await at.until_told(WorkerLost)
        await at.until_told(ModelLoaded, 2)
        assert loads(at) == ["big", "big"]

    run(tmp_path, test)


def test_what_another_worker_does_is_no_news_of_what_this_one_would_want(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        await at.picture()
        await at.answer()
        await at.desk.unload_worker("language", "hard")
        await at.until_told(ModelUnloaded)
        at.kill("image")
        await at.until_told(ModelLoaded, 3)
        assert loads(at) == ["big", "talker", "big"]

    run(tmp_path, test, device_mb=12_288)


def test_a_model_that_kills_its_worker_when_it_is_made_ready_is_left_alone(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        await at.add_preset("deadly", options=("crash",))
        await at.desk.pause_queue(by_desk("test"))
        await at.ask("deadly")
        await at.until_told(WorkerLost)
        await at.until_told(WorkerReady, 4)
        await at.a_little_work()
        assert len(at.events(WorkerLost)) == 1

    run(tmp_path, test)


def test_without_the_setting_nothing_is_made_ready(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        await at.desk.pause_queue(by_desk("test"))
        await at.ask()
        await at.a_little_work()
        assert not loads(at)

    run(tmp_path, test, prewarm=False)


def test_the_last_model_comes_back_when_the_desk_is_opened_again(tmp_path: Path) -> None:
    async def first(at: DeskOfFakes) -> None:
        assert await at.picture() == "completed"

    async def again(at: DeskOfFakes) -> None:
        await at.until_told(ModelLoaded, 2)
        assert at.events(MemoryPlanned)[-1].purpose == "prewarm"

    run(tmp_path, first)
    run(tmp_path, again)


def test_a_switch_of_presets_in_the_middle_of_a_queue_serves_each_with_its_own(tmp_path: Path) -> None:
    """In order, so that the fewest loads are as many as the order has changes."""

    async def test(at: DeskOfFakes) -> None:
        await at.add_preset("other")
        await at.desk.pause_queue(by_desk("test"))
        order = ["big", "big", "other", "other", "big", "other"]
        ids = [await at.ask(preset) for preset in order]
        await at.until_told(ModelLoaded)
        await at.desk.resume_queue(by_desk("test"))
        at.desk.load_preset(by_desk("test"), "other")
        assert [await at.ended(id_) for id_ in ids] == ["completed"] * len(ids)
        assert [each.preset_id for each in at.events(MemoryPlanned) if each.purpose == "picture"] == order
        assert loads(at) == ["big", "other", "big", "other"]
        assert len(at.events(GenerationStarted)) == len(order)

    run(tmp_path, test)


def test_a_person_has_a_model_loaded_and_unloaded(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        await at.answer()
        at.desk.load_preset(by_desk("test"), "big")
        await at.until_told(ModelLoaded, 2)
        plan = at.events(MemoryPlanned)[-1]
        assert (plan.purpose, [each.owner for each in plan.unloads]) == ("asked", ["language"])
        await at.until(lambda: "image" not in at.desk.planner.busy)
        await at.desk.unload_worker("image", "hard")
        assert [each.why for each in await at.until_told(ModelUnloaded, 2)] == ["memory", "asked"]
        await at.a_little_work()
        assert loads(at) == ["talker", "big"], "it stays away"
        with pytest.raises(Conflict, match="no model"):
            await at.desk.unload_worker("image", "hard")
        with pytest.raises(NotFound):
            await at.desk.unload_worker("nobody", "hard")
        with pytest.raises(NotFound):
            at.desk.load_preset(by_desk("test"), "nothing")

    run(tmp_path, test)


def told_of_loading(at: DeskOfFakes) -> list[tuple[str, bool]]:
    """Whose model, and whether that is over; each once where it is told several times on end."""
    told = [(each.preset_id, each.over) for each in at.loading]
    return [each for number, each in enumerate(told) if number == 0 or each != told[number - 1]]


def test_those_who_watch_are_told_when_a_load_is_over_however_it_ends(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        at.desk.load_preset(by_desk("test"), "big")
        await at.until(lambda: at.loading and at.loading[-1].over)
        await at.until_told(ModelLoaded)
        await at.add_preset("damaged")
        at.problem = Problem("bad_model_file", "It is damaged.")
        at.desk.load_preset(by_desk("test"), "damaged")
        assert (await at.alert("bad_model_file")).words == "It is damaged."
        await at.until(lambda: at.loading[-1].over)
        assert told_of_loading(at) == [("big", False), ("big", True), ("damaged", False), ("damaged", True)]
        assert loads(at) == ["big"]

    run(tmp_path, test)


def test_a_load_that_waits_for_a_picture_is_cancelled_and_told_as_over(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        gate = tmp_path / "gate"
        await at.add_preset("other")
        id_ = await at.ask(prompt=f"a house {{gate:{gate}}}")
        await at.until(lambda: "image" in at.desk.planner.busy)
        at.desk.load_preset(by_desk("test"), "other")
        at.desk.warming.cancel()
        assert told_of_loading(at) == [("other", False), ("other", True)]
        gate.touch()
        assert await at.ended(id_) == "completed"
        await at.a_little_work()
        assert loads(at) == ["big"]

    run(tmp_path, test)


def test_of_two_that_are_asked_for_the_later_one_is_loaded(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        await at.add_preset("other")
        at.desk.load_preset(by_desk("test"), "big")
        at.desk.load_preset(by_desk("test"), "other")
        await at.until(lambda: at.loading[-1] == replace(at.loading[-1], preset_id="other", over=True))
        await at.until_told(ModelLoaded)
        assert loads(at) == ["other"]
        assert told_of_loading(at)[:2] == [("big", False), ("big", True)]

    run(tmp_path, test)


def test_the_model_that_was_loaded_last_comes_back_when_the_desk_is_opened_again(tmp_path: Path) -> None:
    async def first(at: DeskOfFakes) -> None:
        await at.add_preset("other")
        assert await at.picture("big") == "completed"
        at.desk.load_preset(by_desk("test"), "other")
        await at.until_told(ModelLoaded, 2)
        await at.until(lambda: "image" not in at.desk.planner.busy)

    async def again(at: DeskOfFakes) -> None:
        await at.until_told(ModelLoaded, 3)
        assert loads(at) == ["big", "other", "other"]

    run(tmp_path, first)
    run(tmp_path, again)


def test_a_model_at_work_can_not_be_taken_away(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        gate = tmp_path / "gate"
        id_ = await at.ask(prompt=f"a house {{gate:{gate}}}")
        await at.until(lambda: "image" in at.desk.planner.busy)
        with pytest.raises(Conflict, match="at work"):
            await at.desk.unload_worker("image", "hard")
        gate.touch()
        assert await at.ended(id_) == "completed"

    run(tmp_path, test)


def test_a_soft_unload_drops_the_context_alone(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        await at.answer()
        (before,) = [each for each in at.desk.planner.snapshot().residents if each.owner == "language"]
        await at.desk.unload_worker("language", "soft")
        (after,) = [each for each in at.desk.planner.snapshot().residents if each.owner == "language"]
        assert (before.mb - after.mb, before.soft_mb, after.soft_mb) == (200, 200, 0)
        assert not at.events(ModelUnloaded)

    run(tmp_path, test)
