"""A desk whose workers are played by fakes that share one made-up card, and that runs in the test's own loop."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from msgspec.structs import replace

from ddesk.app.crew import Crew
from ddesk.app.desk import Desk
from ddesk.app.duty import Duty
from ddesk.app.feed import Feed
from ddesk.app.handle import Handler, Step, by_desk
from ddesk.app.model_check import Problem
from ddesk.app.model_library import ModelLibrary
from ddesk.app.notices import Alert, LoadProgress, Notice
from ddesk.app.wanted import Wanted
from ddesk.bootstrap import Outside, running_desk
from ddesk.domain.memory import Need, Phase
from ddesk.domain.preset import CreateImagePreset, preset
from ddesk.domain.recipe import Wish
from ddesk.events.generation import ModelFile
from ddesk.events.ids import new_id
from ddesk.events.preset import ImagePreset
from ddesk.events.settings import SettingChanged
from ddesk.paths import DataDir
from ddesk.projections.footprints import signature
from ddesk.protocol.messages import ImageMade, ModelSpec
from ddesk.settings import Settings
from tests.domain.samples import PRESET
from tests.supervised import picture

SECONDS = 60.0
IMAGE_MB, LANGUAGE_MB, CONTEXT_MB = 4500, 3000, 200
Event = TypeVar("Event")


class MadeUpClock:
    """Stands still until it is put forward."""

    def __init__(self) -> None:
        self._now = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        return self._now

    def pass_(self, seconds: float) -> None:
        self._now += seconds
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def until(self, moment: float | None, changed: asyncio.Event) -> None:
        while not changed.is_set() and (moment is None or self._now < moment):
            waiting = [asyncio.ensure_future(each.wait()) for each in (changed, self._moved)]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for each in waiting:
                each.cancel()


class DeskOfFakes:
    """`image` is of 4.5 GB, `language` of 3 GB and a context. `problem` is what the files of every preset have."""

    def __init__(self, desk: Desk, clock: MadeUpClock) -> None:
        self.desk, self.clock = desk, clock
        self.alerts: list[Alert] = []
        self.problem: Problem | None = None
        self.loading: list[LoadProgress] = []
        self._options: dict[str, tuple[str, ...]] = {}
        self._without_files()
        desk.feed.on_notices(self._hear)
        self._duty = Duty("answers", "Answers", asyncio.Event().wait, desk.feed)

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, Alert):
            self.alerts.append(notice)
        elif isinstance(notice, LoadProgress):
            self.loading.append(notice)

    def _without_files(self) -> None:
        """Presets name files that are not there, and nobody looks for them."""

        def spec(preset_id: str, content: ImagePreset) -> ModelSpec:
            options = self._options.get(preset_id, ())
            return ModelSpec(preset_id=preset_id, paths={}, options=options, signature=signature(content.model_files))

        def missing(_content: ImagePreset) -> None:
            return None

        async def problem(_content: ImagePreset) -> Problem | None:
            return self.problem

        models: Any = self.desk.models
        models.spec, models.missing, models.problem = spec, missing, problem

    async def add_preset(self, id_: str, mb: int = IMAGE_MB, options: tuple[str, ...] = ()) -> None:
        """Its file is as large as it says; the fake is given `options` with its model."""
        self._options[id_] = options
        files = (ModelFile("diffusion", f"diffusion_models/{id_}.safetensors", mb << 20, f"{id_:0<64}"),)
        content = replace(PRESET, name=id_, model_files=files, defaults=replace(PRESET.defaults, width=256, height=256))
        await self.desk.handler.handle(
            by_desk("test"), Step(f"image_preset-{id_}", preset, CreateImagePreset(content=content))
        )

    async def edit_preset(self, id_: str, **changed: Any) -> None:
        content = replace(self.desk.models.preset(id_), **changed)
        await self.desk.image_presets.edit(by_desk("test"), id_, content, "")

    async def a_little_work(self) -> None:
        """Long enough for all that looks at each event to have looked."""
        for _ in range(3):
            await self.desk.change_setting(by_desk("test"), "thumbnail_side", 321 + len(self.events(SettingChanged)))

    def kill(self, worker: str) -> None:
        (pid,) = [each.pid for each in self.desk.supervisor.status() if each.worker == worker]
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    async def ask(self, preset_id: str = "big", *, prompt: str = "a house", side: int = 256) -> str:
        id_ = new_id()
        wish = Wish(
            prompt=prompt, negative_prompt="", seed=1, batch=1, placement="back", width=side, height=side, steps=2
        )
        await self.desk.request_generation(by_desk("test"), id_, preset_id, wish)
        return id_

    async def picture(self, preset_id: str = "big", *, prompt: str = "a house", side: int = 256) -> str:
        """Its end: completed or failed."""
        id_ = await self.ask(preset_id, prompt=prompt, side=side)
        return await self.ended(id_)

    async def ended(self, id_: str) -> str:
        ends = ("completed", "failed", "interrupted")
        await self.until(lambda: self.status(id_) in ends)
        return self.status(id_)

    def status(self, id_: str) -> str:
        return str(self.desk.dispatcher._state(id_).status)

    async def answer(self, prompt: str = "an answer") -> None:
        """The language model works a little, on the device."""
        wanted = Wanted(
            owner="language",
            purpose="answer",
            preset_id="talker",
            model=ModelSpec(preset_id="talker", paths={}, options=(f"weights:{LANGUAGE_MB}",)),
            need=lambda _: Need(
                weights_mb={"language": float(LANGUAGE_MB)},
                phases=(Phase(name="answering", component="language", compute_mb=100.0),),
                context_mb=float(CONTEXT_MB),
                safety_mb=256.0,
            ),
        )
        async with self.desk.planner.room_for(wanted, self._duty, partial(by_desk, "answer")):
            done, _ = await self.desk.planner.link("language").do(picture(prompt, work_id=new_id(), preset="talker"))
            assert isinstance(done, ImageMade)

    def events(self, kind: type[Event]) -> list[Event]:
        told = self.desk.reader.events(after=0, type=kind.__name__, limit=10_000)
        return [each.event for each in told if isinstance(each.event, kind)]

    async def until(self, so: Callable[[], object]) -> None:
        """Looked at after each event and notice."""
        changed = asyncio.Event()
        ends = [
            self.desk.feed.on_events(lambda _: changed.set()),
            self.desk.feed.on_notices(lambda _: changed.set()),
        ]
        async with asyncio.timeout(SECONDS):
            while not so():
                changed.clear()
                await changed.wait()
        for end in ends:
            end()

    async def alert(self, code: str) -> Alert:
        """The first of this code."""

        def found() -> list[Alert]:
            return [each for each in self.alerts if each.code == code]

        await self.until(found)
        return found()[0]

    async def until_told(self, kind: type[Event], count: int = 1) -> list[Event]:
        await self.until(lambda: len(self.events(kind)) >= count)
        return self.events(kind)


@asynccontextmanager
async def desk_of_fakes(folder: Path, device_mb: int = 6144, **changed: Any) -> AsyncIterator[DeskOfFakes]:
    clock = MadeUpClock()
    settings = Settings(simulate_device=f"{device_mb}MB", port=0, window="none", backup_every_hours=0, **changed)
    program = (sys.executable, "-m", "tests.app.played")

    def crew(settings: Settings, handler: Handler, feed: Feed) -> Crew:
        options = {
            "simulate_device_mb": str(device_mb),
            "simulate_card": str(folder / "card"),
            "simulate_weights_mb": str(IMAGE_MB),
        }
        made = Crew(handler, feed, program, "ipc", options, ("image", "media", "language"))
        made.options("language").update({"simulate_context_mb": str(CONTEXT_MB), "simulate_kind": "language"})
        return made

    async def start(_data: DataDir, _handler: Handler, crew: Crew, _library: ModelLibrary) -> None:
        crew.start(can_abort=True)

    data = DataDir(folder / "data")
    data.create()
    async with running_desk(data, settings, outside=Outside(crew, start, clock)) as desk:
        at = DeskOfFakes(desk, clock)
        await at.add_preset("big")
        await at.until(lambda: all(desk.planner.link(name).is_up for name in ("image", "language")))
        yield at
