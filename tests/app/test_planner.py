"""Models share one card in turn, and nothing that is asked of them runs out of memory."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from ddesk.app.handle import by_desk
from ddesk.domain.residents import Unload
from ddesk.events.memory import MemoryMeasured, MemoryPlanned
from ddesk.events.worker import ModelLoaded, ModelUnloaded, WorkerLost
from ddesk.projections.footprints import signature
from tests.app.memory_at_work import DeskOfFakes, desk_of_fakes

Test = Callable[[DeskOfFakes], Awaitable[None]]


def run(folder: Path, test: Test, device_mb: int = 6144, **settings: object) -> None:
    async def at_work() -> None:
        async with desk_of_fakes(folder, device_mb, **settings) as at:
            await test(at)

    asyncio.run(at_work())


def test_alternating_work_never_runs_out_of_memory_and_every_unload_is_announced(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        for _ in range(3):
            assert await at.picture() == "completed"
            await at.answer()
        assert not at.events(WorkerLost)
        plans = at.events(MemoryPlanned)
        assert all(each.fits for each in plans)
        assert len([each for each in plans if each.purpose == "picture"]) == 3
        gone = [(each.unloads[0].owner, each.unloads[0].depth) for each in plans if each.unloads]
        assert gone == [("image", "hard"), *[("language", "hard"), ("image", "hard")] * 2]
        assert [each.why for each in await at.until_told(ModelUnloaded, 5)] == ["memory"] * 5
        told = [each for each in at.alerts if each.code == "memory_planned"]
        assert [each.words.partition(".")[0] for each in told] == [
            f"The {owner} model was unloaded" for owner in ("image", "language", "image", "language", "image")
        ]
        assert len(at.events(MemoryMeasured)) == 3

    run(tmp_path, test)


def test_work_at_the_same_time_takes_turns(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        ids = [await at.ask() for _ in range(3)]
        async with asyncio.TaskGroup() as all_at_once:
            for _ in range(4):
                all_at_once.create_task(at.answer())
        assert [await at.ended(id_) for id_ in ids] == ["completed"] * 3
        assert not at.events(WorkerLost)
        assert all(each.fits for each in at.events(MemoryPlanned))

    run(tmp_path, test)


def test_what_is_asked_for_while_its_model_goes_is_made_with_the_model_loaded_anew(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        assert await at.picture() == "completed"
        unloading = asyncio.create_task(at.desk.planner.unload(Unload("image", "hard"), "idle"))
        await asyncio.sleep(0)  # it has been sent
        assert await at.picture() == "completed"
        await unloading
        first, anew, *_ = at.events(MemoryPlanned)  # by the picture, or warmed up for it just before
        assert (first.reload, anew.reload) == (True, True)

    run(tmp_path, test)


def test_what_waits_for_room_can_be_cancelled(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        gate = tmp_path / "gate"
        talking = asyncio.create_task(at.answer(f"{{gate:{gate}}}"))
        await at.until(lambda: "language" in at.desk.planner.busy)
        id_ = await at.ask()
        await at.until(lambda: at.status(id_) == "running")
        await at.desk.cancel_generation(by_desk("test"), id_)
        await at.desk.dispatcher.idle.wait()
        assert "image" not in at.desk.planner.busy
        gate.touch()
        await talking
        assert await at.picture() == "completed"

    run(tmp_path, test)


def test_what_fits_beside_stays_loaded(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        for _ in range(2):
            assert await at.picture() == "completed"
            await at.answer()
        assert len(at.events(ModelLoaded)) == 2
        assert not at.events(ModelUnloaded)

    run(tmp_path, test, device_mb=12_288)


def loaded_files(at: DeskOfFakes) -> str:
    held = at.desk.planner.machine.model_of("image")
    assert held is not None
    return held.model.signature


def test_a_preset_whose_files_were_edited_is_loaded_anew(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        assert await at.picture() == "completed"
        (before,) = at.desk.models.preset("big").model_files
        edited = replace(before, sha256="ef" * 32)
        await at.edit_preset("big", model_files=(edited,))
        assert await at.picture() == "completed"
        assert loaded_files(at) == signature((edited,))
        await at.edit_preset("big", name="Bigger")
        assert await at.picture() == "completed"
        assert [each.reload for each in at.events(MemoryPlanned)] == [True, True, False]
        assert len(at.events(ModelLoaded)) == 2

    run(tmp_path, test)


def test_a_preset_whose_flags_were_edited_is_loaded_anew(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        assert await at.picture() == "completed"
        await at.edit_preset("big", memory_flags=("text_encoders_on_cpu",))
        assert await at.picture() == "completed"
        assert [(each.reload, each.mitigations) for each in at.events(MemoryPlanned)] == [
            (True, ()),
            (True, ("text_encoders_on_cpu",)),
        ]

    run(tmp_path, test)


def test_what_was_asked_for_before_the_files_were_edited_is_made_with_those_of_then(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        await at.desk.pause_queue(by_desk("test"))
        id_ = await at.ask()
        files = at.desk.models.preset("big").model_files
        await at.edit_preset("big", model_files=(replace(files[0], sha256="ef" * 32),))
        await at.desk.resume_queue(by_desk("test"))
        assert await at.ended(id_) == "completed"
        assert loaded_files(at) == signature(files)

    run(tmp_path, test, prewarm=False)


def test_what_does_not_fit_is_refused_with_what_would_and_that_is_then_made(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        id_ = await at.ask(side=2048)
        assert await at.ended(id_) == "failed"
        failed = await at.alert("does_not_fit")
        (refused,) = [each for each in at.events(MemoryPlanned) if not each.fits]
        assert refused.short_mb > 0
        assert {each.verdict for each in refused.steps} <= {"not_enough", "saves_nothing", "no_ram", "not_needed"}
        assert f"{refused.would_fit} would fit." in failed.words
        side = int(refused.would_fit.partition(" × ")[0])
        assert await at.picture(side=side) == "completed"
        assert not at.events(WorkerLost)

    run(tmp_path, test, device_mb=3072)


def test_another_preset_is_named_where_that_would_fit(tmp_path: Path) -> None:
    async def test(at: DeskOfFakes) -> None:
        await at.add_preset("light", mb=300)
        assert await at.picture(side=1024) == "failed"
        failed = await at.alert("does_not_fit")
        assert re.search(r"\d+ × \d+, or the preset “light”, would fit\.", failed.words)
        assert await at.picture("light", side=1024) == "completed"

    run(tmp_path, test, device_mb=5120)


@pytest.mark.parametrize(("directive", "attempts"), [("{oom}", 2), ("{oom-once}", 2)])
def test_memory_that_runs_out_all_the_same_gives_one_attempt_with_care(
    tmp_path: Path, directive: str, attempts: int
) -> None:
    async def test(at: DeskOfFakes) -> None:
        id_ = await at.ask(prompt=f"a house {directive}")
        end = await at.ended(id_)
        plans = [each for each in at.events(MemoryPlanned) if each.purpose == "picture"]
        assert [each.conservative for each in plans] == [False, True]
        assert len(plans) == attempts
        assert "vae_tiling" in plans[-1].mitigations
        if directive == "{oom}":
            failed = await at.alert("out_of_memory")
            assert end == "failed"
            assert "would fit." in failed.words
        else:
            assert end == "completed"

    run(tmp_path, test, device_mb=12_288)
