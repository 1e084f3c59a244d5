"""The dispatcher with a real log and a worker that the test plays itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
from msgspec import Struct

from ddesk.app.dispatcher import Dispatcher
from ddesk.app.feed import Feed
from ddesk.app.handle import Handler, Step, by_desk
from ddesk.app.image_needs import ImageNeeds
from ddesk.app.machine import Machine
from ddesk.app.model_check import Problem
from ddesk.app.planner import Planner
from ddesk.app.worker_link import WorkerLink
from ddesk.bootstrap import choices, estimates
from ddesk.domain.generation import Generation, RequestGeneration, generation
from ddesk.domain.queue import Waiting
from ddesk.events.generation import Recipe
from ddesk.events.preset import ImagePreset
from ddesk.paths import DataDir, migrations
from ddesk.projections.footprints import Footprints
from ddesk.protocol.messages import (
    Hello,
    ImageMade,
    LoadModel,
    LoraSpec,
    MemoryReport,
    ModelLoadDone,
    ModelSpec,
    Work,
)
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from ddesk.store.media import Media
from ddesk.store.writer import Writer
from ddesk.supervision.notices import WorkerConnected, WorkerSaid, WorkerStatus
from tests.domain.samples import PRESET, REQUESTED

_SECONDS = 30.0


class Hands:
    """What the worker is told, to be awaited."""

    def __init__(self) -> None:
        self.work: asyncio.Queue[Work] = asyncio.Queue()
        self.cancelled: list[str] = []

    def send(self, worker: str, work: Work) -> None:
        self.work.put_nowait(work)

    def cancel(self, worker: str, work_id: str) -> None:
        self.cancelled.append(work_id)

    def preview_seen(self, worker: str, work_id: str) -> None:
        pass


class Models:
    """Takes as long to look at a model as the test wants."""

    def __init__(self) -> None:
        self.looking = asyncio.Event()
        self.seen = asyncio.Event()
        self.seen.set()
        self.mistake: Exception | None = None

    async def problem(self, content: ImagePreset) -> Problem | None:
        self.looking.set()
        await self.seen.wait()
        if self.mistake:
            raise self.mistake
        return None

    def spec(self, preset_id: str, content: ImagePreset) -> ModelSpec:
        return ModelSpec(preset_id=preset_id, paths={})

    def loras(self, recipe: Recipe) -> tuple[LoraSpec, ...]:
        return ()

    def of_recipe(self, recipe: Recipe) -> ImagePreset:
        return PRESET


class QueueAtWork(Struct, kw_only=True):
    handler: Handler
    feed: Feed
    link: WorkerLink
    hands: Hands
    models: Models
    media: Media
    dispatcher: Dispatcher
    data: DataDir

    async def do(self, id_: str, command: Any) -> None:
        await self.handler.handle(by_desk("test"), Step(f"generation-{id_}", generation, command))

    async def request(self, *ids: str) -> None:
        for id_ in ids:
            await self.do(id_, RequestGeneration(REQUESTED))

    def state(self, id_: str) -> Generation:
        state = self.handler.state(f"generation-{id_}", generation)
        assert isinstance(state, Generation)
        return state

    def connect(self) -> None:
        hello = Hello(protocol=1, kind="image", channel="work", secret="", pid=1)
        self.link.hear(WorkerConnected(worker="image", hello=hello))

    async def next_work(self) -> Work:
        return await asyncio.wait_for(self.hands.work.get(), _SECONDS)

    def answer(self, work: Work) -> None:
        """The worker does it well."""
        if isinstance(work, LoadModel):
            done: Any = ModelLoadDone(work_id=work.work_id, preset_id=work.model.preset_id, seconds=0.1, weights_mb={})
            self.link.hear(WorkerSaid(worker="image", message=done))
        else:
            made = ImageMade(
                work_id=work.work_id,
                seed=7,
                width=8,
                height=8,
                seconds=0.1,
                pixels_sha256="ab" * 32,
                peak_mb=1.0,
                buffers_mb={},
            )
            self.link.hear(WorkerSaid(worker="image", message=made, frame=b"png"))

    async def until(self, id_: str, status: str) -> None:
        """Awaited event by event."""
        changed = asyncio.Event()
        end = self.feed.on_events(lambda _: changed.set())
        async with asyncio.timeout(_SECONDS):
            while self.state(id_).status != status:
                changed.clear()
                await changed.wait()
        end()


@asynccontextmanager
async def queue_at_work(folder: Path) -> AsyncIterator[QueueAtWork]:
    data = DataDir(folder)
    data.create()
    log = EventLog.open(data.log, migrations())
    feed = Feed(asyncio.get_running_loop())
    writer, reader = Writer(log, feed.committed), LogReader.open(data.log)
    handler, hands, models, media = Handler(reader, writer), Hands(), Models(), Media(data)
    link = WorkerLink("image", hands)
    read_models = apsw.Connection(":memory:")
    for statement in Footprints.schema:
        read_models.execute(statement)
    report = MemoryReport(device="Made-up", allocated_mb=0.0, free_mb=24_000, total_mb=24_576, rss_mb=100)
    status = WorkerStatus(worker="image", kind="image", state="idle", pid=1, backend="CUDA", memory=report)
    machine = Machine(lambda: [status], lambda: 0.0)
    planner = Planner(machine, {"image": link}, estimates(), handler, feed)
    dispatcher = Dispatcher(
        handler=handler,
        link=link,
        feed=feed,
        media=media,
        models=models,  # type: ignore[arg-type]  # as much of it as a dispatcher asks for
        planner=planner,
        needs=ImageNeeds(read_models, estimates()),
        presets=list,
        choices=choices(),
        waiting=Waiting(),
        version="1",
        previews=True,
    )
    dispatcher.duty._seconds = 0.0  # no test waits
    task = asyncio.create_task(dispatcher.duty.run())
    try:
        yield QueueAtWork(
            handler=handler,
            feed=feed,
            link=link,
            hands=hands,
            models=models,
            media=media,
            dispatcher=dispatcher,
            data=data,
        )
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        writer.close()
        reader.close()
        log.close()
