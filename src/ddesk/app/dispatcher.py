"""Makes what waits in the queue, one generation after the other."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Sequence
from functools import partial

from ddesk.app.duty import Duty
from ddesk.app.feed import Feed
from ddesk.app.handle import Handler, Step
from ddesk.app.image_needs import ImageNeeds
from ddesk.app.image_work import Picture, Presets, image_work, measured_step
from ddesk.app.model_check import ModelCheck
from ddesk.app.notices import Alert, PreviewFrame, WorkProgress
from ddesk.app.planner import PER_PICTURE, Planner
from ddesk.app.wanted import Wanted
from ddesk.app.worker_link import WorkCancelledError, WorkerLink, WorkerLostError, WorkFailedError
from ddesk.domain.generation import (
    OUT_OF_MEMORY,
    CompleteGeneration,
    FailGeneration,
    Generation,
    GenerationCommand,
    InterruptGeneration,
    RecordImage,
    StartGeneration,
    generation,
)
from ddesk.domain.image import AddImage, image
from ddesk.domain.placement import Plan
from ddesk.domain.queue import Waiting
from ddesk.domain.recipe import Choices, picture_text
from ddesk.events.envelope import Recorded
from ddesk.events.generation import Engine, GenerationCancelled, GenerationRequested, ImageGenerated
from ddesk.events.ids import new_id, unix_ms_of
from ddesk.events.image import ImageAdded
from ddesk.logs import during
from ddesk.projections import gallery, generations
from ddesk.protocol.messages import ImageMade, MakeImage, Preview, Progress
from ddesk.store.media import Media
from ddesk.store.records import Appended

_log = logging.getLogger(__name__)
ENGINE = "stable-diffusion.cpp"


class Dispatcher:
    """Its `duty` lives as long as the desk. Nothing that goes wrong with one generation keeps it from the next."""

    def __init__(
        self,
        *,
        handler: Handler,
        link: WorkerLink,
        feed: Feed,
        media: Media,
        models: ModelCheck,
        planner: Planner,
        needs: ImageNeeds,
        presets: Presets,
        choices: Choices,
        waiting: Waiting,
        version: str,
        previews: bool,
    ) -> None:
        self._handler = handler
        self._link = link
        self._feed = feed
        self._media = media
        self._models = models
        self._planner = planner
        self._needs = needs
        self._presets = presets
        self._choices = choices
        self._version = version
        self.duty = Duty("dispatcher", "Pictures", self._turn, feed)
        self.previews = previews
        self.waiting = waiting
        self.current: str | None = None
        self.idle = asyncio.Event()
        self.idle.set()
        feed.on_events(self._take_in)

    @property
    def is_busy(self) -> bool:
        """Whether a picture is being made, or will be without anybody asking again."""
        return self.current is not None or (self.waiting.first is not None and not self.waiting.paused)

    def presets_waiting(self) -> Sequence[str]:
        """That of what waits first, if anything does."""
        first = self.waiting.first
        return () if first is None else (self._state(first).recipe.preset_id,)

    @property
    def engine(self) -> Engine | None:
        """What would make the next picture; None while its worker isn't there."""
        if (hello := self._link.hello) is None:
            return None
        return Engine(
            name=hello.engine or ENGINE,
            version=hello.engine_version,
            backend=hello.backend,
            device=hello.device,
        )

    def _take_in(self, events: Sequence[Recorded]) -> None:
        for recorded in events:
            id_ = recorded.stream.removeprefix(generations.PREFIX)
            self.waiting.apply(id_, recorded.position, recorded.event)
            if isinstance(recorded.event, GenerationCancelled) and id_ == self.current:
                self._link.cancel()
                self._planner.changed.set()
        self._link.changed.set()

    async def _turn(self) -> None:
        id_ = self.current = await self._next()
        self.idle.clear()
        try:
            with during(id_):
                await self._attempt(id_)
        except Exception:
            await self._give_up(id_)
            raise
        finally:
            self.current = None
            self.idle.set()

    async def _next(self) -> str:
        """The id of what is to be made now; returns once there is such, and a worker to make it."""
        while self.waiting.paused or not self._link.is_up or (first := self.waiting.first) is None:
            self._link.changed.clear()
            await self._link.changed.wait()
        return first

    async def _give_up(self, id_: str) -> None:
        """After a mistake of the desk's own; the queue goes on even where this story can't be read or told any more."""
        self.waiting.drop(id_)
        words = "The desk made a mistake over this picture. The log file tells more."
        await self._do(id_, FailGeneration(code="internal_error", words=words))

    async def _attempt(self, id_: str) -> None:
        """Make it, or record why not. It may have been cancelled in the log and not been heard of here."""
        if self._state(id_).status == "queued":
            await self._start(id_)
        status = self._state(id_).status
        if status == "running":
            await self._run(id_)
        elif status != "queued":
            self.waiting.drop(id_)

    async def _run(self, id_: str) -> None:
        began = time.monotonic()
        try:
            await self._make(id_)
        except WorkCancelledError:
            _log.info("Generation %s was stopped after %.2f s", id_, time.monotonic() - began)
        except WorkFailedError as failed:
            await self._fail(id_, failed.code, failed.words, failed.detail)
        except WorkerLostError as lost:
            await self._lose(id_, lost)
        else:
            await self._do(id_, CompleteGeneration(round(time.monotonic() - began, 3)))
            _log.info("Generation %s took %.2f s", id_, time.monotonic() - began)

    async def _start(self, id_: str) -> None:
        if engine := self.engine:
            await self._do(id_, StartGeneration(worker=self._link.worker, engine=engine))

    async def _make(self, id_: str) -> None:
        state = self._state(id_)
        recipe = state.recipe
        if problem := await self._models.problem(self._models.of_recipe(recipe)):
            raise WorkFailedError(problem.code, problem.words)
        wanted = self.wanted(id_, state)
        origin = partial(self._handler.on_account_of, generations.PREFIX + id_)
        check = partial(self._check_wanted, id_)
        async with self._planner.room_for(wanted, self.duty, origin, check, self._teller(id_, 0, recipe.batch)) as plan:
            for index in range(len(state.made), recipe.batch):
                self._check_wanted(id_)
                await self._make_one(id_, state, index, plan)

    def wanted(self, id_: str, state: Generation) -> Wanted:
        """What it needs, for the planner."""
        recipe = state.recipe
        preset = self._models.of_recipe(recipe)
        return image_work(
            self._needs,
            self._models.spec(recipe.preset_id, preset),
            preset,
            Picture(width=recipe.width, height=recipe.height, generation_id=id_),
            careful=state.mitigations,
            ran_out=state.memory_ran_out,
            presets=self._presets,
        )

    def _check_wanted(self, id_: str) -> None:
        if self._state(id_).status != "running":
            raise WorkCancelledError

    async def _make_one(self, id_: str, state: Generation, index: int, plan: Plan) -> None:
        work = self._work(id_, state, index, plan)
        done, png = await self._link.do(work, self._teller(id_, index, state.recipe.batch))
        assert isinstance(done, ImageMade)
        await self._keep(id_, index, plan, done, png)

    def _work(self, id_: str, state: Generation, index: int, plan: Plan) -> MakeImage:
        request, recipe = state.request, state.recipe
        assert isinstance(request, GenerationRequested)
        seed = recipe.seed + index
        return MakeImage(
            work_id=f"{id_}-{index}",
            preset_id=recipe.preset_id,
            prompt=request.resolved_prompt,
            negative_prompt=request.negative_prompt,
            seed=seed,
            steps=recipe.steps,
            cfg=recipe.cfg,
            guidance=recipe.guidance,
            sampler=recipe.sampler,
            sigma_schedule=recipe.sigma_schedule,
            width=recipe.width,
            height=recipe.height,
            loras=self._models.loras(recipe),
            mitigations=tuple(each for each in plan.mitigations if each in PER_PICTURE),
            text=picture_text(request, seed, self._choices, self._version),
            previews=self.previews and self._feed.previews_are_watched,
        )

    async def _keep(self, id_: str, index: int, plan: Plan, made: ImageMade, png: bytes) -> None:
        """The file first, then the events. A file that no event tells of, after a cancel, is removed."""
        image_id = new_id()
        file_sha256 = await self.duty.outlast(lambda: asyncio.to_thread(self._save, image_id, png))
        generated = ImageGenerated(
            image_id=image_id,
            index=index,
            seed=made.seed,
            pixels_sha256=made.pixels_sha256,
            seconds=made.seconds,
            peak_mb=made.peak_mb,
            buffers_mb=made.buffers_mb,
        )
        added = image_added(id_, plan.preset_id, generated, made, len(png), file_sha256)
        added_too = Step(gallery.PREFIX + image_id, image, AddImage(added))
        kept = await self._do(id_, RecordImage(generated), added_too, *measured_step(plan, id_, image_id, made))
        if kept is None:
            self._media.discard_image(image_id)
        _log.info("Picture %d of %s: %.2f s, peak %.0f MiB", index + 1, id_, made.seconds, made.peak_mb)

    def _save(self, image_id: str, png: bytes) -> str:
        """The hash of what is now in the file."""
        self._media.save_image(image_id, png)
        return hashlib.sha256(png).hexdigest()

    async def _fail(self, id_: str, code: str, words: str, detail: str) -> None:
        state = self._state(id_)
        if state.status != "running":
            return  # cancelled, and perhaps wanted again: that will be another attempt
        if code == OUT_OF_MEMORY and state.memory_ran_out:
            words = self._and_what_would_fit(id_, state, words)
        await self._do(id_, FailGeneration(code=code, words=words, detail=detail))
        if self._state(id_).status == "queued":
            self._alert("warning", code, "Trying again with care", f"{words} Once more, with tiled decoding.", id_)
        elif self._state(id_).status == "failed":
            self._alert("error", code, "A picture could not be made", words, id_)

    def _and_what_would_fit(self, id_: str, state: Generation, words: str) -> str:
        instead = self._planner.would_fit_after_all(self.wanted(id_, state))
        return f"{words} {instead.name} would fit." if instead else f"{words} Choose a smaller model, or close others."

    async def _lose(self, id_: str, lost: WorkerLostError) -> None:
        state, words = self._state(id_), lost.words
        if lost.why == OUT_OF_MEMORY and state.memory_ran_out:
            words = self._and_what_would_fit(id_, state, words)
        await self._do(id_, InterruptGeneration(why=lost.why, words=words))
        if self._state(id_).status == "failed":
            self._alert("error", OUT_OF_MEMORY, "A picture could not be made", words, id_)
        elif self._state(id_).status == "interrupted":
            words = "Its worker was lost twice. It waits in the queue: press Retry to try again."
            self._alert("error", "interrupted", "A picture was interrupted", words, id_)

    def _teller(self, id_: str, index: int, batch: int) -> "_Teller":
        return _Teller(self._feed, id_, index + 1, batch)

    def _state(self, id_: str) -> Generation:
        state = self._handler.state(generations.PREFIX + id_, generation)
        assert isinstance(state, Generation)
        return state

    async def _do(self, id_: str, command: GenerationCommand, *more: Step) -> Appended | None:
        step = Step(generations.PREFIX + id_, generation, command)
        origin = self._handler.on_account_of(step.stream)
        return await self.duty.outlast(lambda: self._handler.handle(origin, step, *more))

    def _alert(self, level: str, code: str, title: str, words: str, id_: str) -> None:
        self._feed.notice(Alert(level=level, code=code, title=title, words=words, generation=id_))  # type: ignore[arg-type]


class _Teller:
    """Turns what a worker says of one piece of work into notices."""

    def __init__(self, feed: Feed, id_: str, image: int, batch: int) -> None:
        self._feed = feed
        self._id = id_
        self._image = image
        self._batch = batch
        self._began = time.monotonic()

    def __call__(self, message: Progress | Preview, frame: bytes) -> None:
        if isinstance(message, Preview):
            self._feed.notice(PreviewFrame(self._id, frame))
            return
        pace = message.seconds_per_step
        sampling = message.phase == "sampling" and pace > 0
        self._feed.notice(
            WorkProgress(
                generation=self._id,
                phase=message.phase,
                step=message.step,
                steps=message.steps,
                image=self._image,
                batch=self._batch,
                steps_per_second=1 / pace if sampling else None,
                elapsed=time.monotonic() - self._began,
                remaining=(message.steps - message.step) * pace if sampling else None,
            )
        )


def image_added(
    id_: str, preset_id: str, generated: ImageGenerated, made: ImageMade, file_size: int, file_sha256: str
) -> ImageAdded:
    """What the image's own stream begins with."""
    return ImageAdded(
        generation_id=id_,
        index=generated.index,
        seed=made.seed,
        width=made.width,
        height=made.height,
        made_at=unix_ms_of(generated.image_id) * 1000,
        preset_id=preset_id,
        file_size=file_size,
        file_sha256=file_sha256,
        pixels_sha256=made.pixels_sha256,
    )
