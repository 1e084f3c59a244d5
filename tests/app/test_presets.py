"""A desk that is opened again by a program that brings another starter."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec.structs import replace

from build.starter.image import export
from build.starter.image.export import Settings as Best
from ddesk.app.crew import Crew
from ddesk.app.desk import Desk
from ddesk.app.handle import Handler, by_desk
from ddesk.app.model_library import ModelLibrary
from ddesk.app.presets import prepare_starter
from ddesk.bootstrap import Outside, running_desk
from ddesk.domain.recipe import Wish
from ddesk.events.envelope import Origin, Recorded
from ddesk.events.ids import new_id
from ddesk.events.preset import ImagePresetCreated, ImagePresetEdited
from ddesk.paths import DataDir
from ddesk.projections import generations
from ddesk.settings import Settings

STREAM = "image_preset-starter"
WISH = Wish(prompt="a red car", negative_prompt="", seed=7, batch=1, placement="back")


def program(folder: Path, edition: int) -> Path:
    """The data of a program whose starter is of that edition, with files of its own."""
    parts = {part: f"{part} {edition}".encode() * 100 for part in ("diffusion", "clip_l", "taesd")}
    export.write(parts, Best(steps=10 + edition, cfg=1.0 + edition), edition, folder, preset=0)
    return folder


@asynccontextmanager
async def opened(data: Path, defaults: Path) -> AsyncIterator[Desk]:
    """By that program, once its starter is there; no worker is ever started."""
    there = asyncio.Event()

    async def prepare(data: DataDir, handler: Handler, _crew: Crew, _library: ModelLibrary) -> None:
        await prepare_starter(handler, defaults, data.models)
        there.set()

    folder = DataDir(data)
    folder.create()
    settings = Settings(port=0, window="none", backup_every_hours=0)
    async with running_desk(folder, settings, outside=Outside(prepare=prepare)) as desk:
        await there.wait()
        yield desk


def person() -> Origin:
    return replace(by_desk("test"), actor="user")


def by_the_desk(desk: Desk) -> list[Recorded]:
    return [each for each in desk.reader.stream(STREAM) if each.actor == "desk"]


def test_the_preset_becomes_the_new_one_and_waiting_pictures_keep_the_files_of_their_moment(tmp_path: Path) -> None:
    asyncio.run(_another_program(tmp_path))


async def _another_program(folder: Path) -> None:
    data, first, second = folder / "data", program(folder / "first", 1), program(folder / "second", 2)
    async with opened(data, first) as desk:
        await desk.pause_queue(person())
        waiting = await desk.request_generation(person(), new_id(), "starter", WISH)
    async with opened(data, second) as desk:
        created, renewed = by_the_desk(desk)
        assert isinstance(created.event, ImagePresetCreated)
        assert isinstance(renewed.event, ImagePresetEdited)
        assert renewed.causation == created.position
        new = desk.models.offered("starter")
        assert new.model_files[0].name == "diffusion_models/starter-2.safetensors"
        assert (new.defaults.steps, new.defaults.cfg) == (12, 3.0)
        assert desk.models.missing(new) is None
        row = generations.by_id(desk.read_models, waiting)
        assert row
        old = desk.models.of_recipe(row.recipe)
        assert old.model_files == created.event.content.model_files
        assert desk.models.missing(old) is None


def test_what_a_person_changed_stays_and_it_happens_once(tmp_path: Path) -> None:
    asyncio.run(_changed_preset(tmp_path))


async def _changed_preset(folder: Path) -> None:
    data, first, second = folder / "data", program(folder / "first", 1), program(folder / "second", 2)
    async with opened(data, first) as desk:
        mine = replace(desk.models.offered("starter"), name="Mine")
        await desk.image_presets.edit(person(), "starter", mine, "slow")
    for _ in range(2):
        async with opened(data, second) as desk:
            _, renewed = by_the_desk(desk)
            assert isinstance(renewed.event, ImagePresetEdited)
            content = renewed.event.content
            assert (content.name, renewed.event.notes, content.defaults.steps) == ("Mine", "slow", 12)


def test_who_undoes_it_has_the_earlier_one_from_then_on(tmp_path: Path) -> None:
    asyncio.run(_undone(tmp_path))


async def _undone(folder: Path) -> None:
    data, first, second = folder / "data", program(folder / "first", 1), program(folder / "second", 2)
    async with opened(data, first) as desk:
        before = desk.models.offered("starter")
    async with opened(data, second) as desk:
        await desk.undo.event(person(), by_the_desk(desk)[-1].position)
        assert desk.models.offered("starter") == before
    async with opened(data, program(folder / "third", 3)) as desk:
        assert desk.models.offered("starter") == before
        assert len(by_the_desk(desk)) == 2


def test_a_preset_in_the_trash_stays_there(tmp_path: Path) -> None:
    asyncio.run(_trashed(tmp_path))


async def _trashed(folder: Path) -> None:
    data, second = folder / "data", program(folder / "second", 2)
    async with opened(data, program(folder / "first", 1)) as desk:
        await desk.image_presets.delete(person(), "starter")
    async with opened(data, second) as desk:
        assert [each.type for each in desk.reader.stream(STREAM)] == ["ImagePresetCreated", "ImagePresetDeleted"]
        await desk.image_presets.restore(person(), "starter")
    async with opened(data, second) as desk:
        assert desk.models.offered("starter").defaults.steps == 12
