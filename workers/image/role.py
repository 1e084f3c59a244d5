"""The image worker: loads models and makes pictures, one at a time."""

import hashlib
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ddesk.protocol.messages import (
    ImageMade,
    LoadModel,
    MakeImage,
    MakeThumbnail,
    MemoryReport,
    ModelLoadDone,
    ModelSpec,
    ModelUnloadDone,
    Progress,
    UnloadModel,
    Work,
    WorkCancelled,
)
from workers import processor
from workers.image import failures, footprint, library, png
from workers.image.bounds import wrong_with_model, wrong_with_picture
from workers.image.callbacks import PreviewKind, listening
from workers.image.engine import Context, LoadFailed
from workers.image.frame import Frame
from workers.image.peak import Peak
from workers.image.watch import LoadWatch, PictureWatch
from workers.memory import measure
from workers.role import Desk, Identity


def create(options: dict[str, str]) -> "ImageRole":
    """`can_abort` is "1" where the probe has verified that for this build; `threads` is how many compute."""
    gpu = library.backends()[0] != "CPU"
    return ImageRole(
        can_abort=options.get("can_abort") == "1" and not gpu,
        threads=int(options.get("threads", 0)) or library.usable_cores(),
        memory=lambda: measure(gpu=gpu),
    )


class ImageRole:
    """`can_abort`: the probe has verified `Context.allow_stopping` for this build of the engine."""

    def __init__(self, *, can_abort: bool, threads: int, memory: Callable[[], MemoryReport]) -> None:
        self._can_abort = can_abort
        self._threads = threads
        self._backend = library.backends()[0]
        self._context: Context | None = None
        self._model: ModelSpec | None = None
        self._weights_mb: dict[str, float] = {}
        self._size: tuple[int, int] | None = None
        self.memory = memory

    def identity(self) -> Identity:
        return Identity(
            kind="image",
            engine=library.NAME,
            engine_version=library.VERSION,
            backend=self._backend,
            device=processor.name() if self._backend == "CPU" else library.device(),
            can_abort=self._can_abort,
        )

    def model_loaded(self) -> str | None:
        return self._model.preset_id if self._model else None

    def work(self, work: Work, desk: Desk) -> None:
        match work:
            case LoadModel():
                self._load(work, desk)
            case UnloadModel(work_id=work_id, depth=depth, why=why):
                preset_id = self.model_loaded()
                if depth == "hard":
                    self._unload()
                desk.say(ModelUnloadDone(work_id=work_id, preset_id=preset_id, depth=depth, why=why))
            case MakeImage():
                self._make(work, desk)
            case MakeThumbnail():
                desk.say(failures.invalid(work.work_id, "The image worker makes no thumbnails."))

    def _load(self, work: LoadModel, desk: Desk) -> None:
        if work.model == self._model:
            desk.say(self._loaded(work.work_id, 0.0))
            return
        self._unload()
        if words := wrong_with_model(work.model):
            desk.say(failures.invalid(work.work_id, words))
        elif missing := [path for path in work.model.paths.values() if not Path(path).is_file()]:
            desk.say(failures.file_missing(work.work_id, missing[0]))
        else:
            self._load_files(work, desk)

    def _load_files(self, work: LoadModel, desk: Desk) -> None:
        watch = LoadWatch(work.work_id, desk)
        started = time.monotonic()
        try:
            with listening(watch):
                self._context = Context(work.model, self._threads)
        except LoadFailed:
            desk.say(failures.load_failed(work.work_id, watch.lines))
            return
        if failed := failures.part_missing(work.work_id, watch.lines):
            self._unload()
            desk.say(failed)
            return
        if self._can_abort:
            self._context.allow_stopping()
        self._model, self._weights_mb = work.model, footprint.weights(watch.lines)
        desk.say(self._loaded(work.work_id, time.monotonic() - started))

    def _loaded(self, work_id: str, seconds: float) -> ModelLoadDone:
        assert self._model is not None
        return ModelLoadDone(
            work_id=work_id,
            preset_id=self._model.preset_id,
            seconds=seconds,
            weights_mb=self._weights_mb,
            signature=self._model.signature,
        )

    def _unload(self) -> None:
        if self._context is not None:
            self._context.close()
        self._context = self._model = None

    def _make(self, work: MakeImage, desk: Desk) -> None:
        if self._context is None or self.model_loaded() != work.preset_id:
            desk.say(failures.model_not_loaded(work.work_id))
        elif words := wrong_with_picture(work):
            desk.say(failures.invalid(work.work_id, words))
        elif missing := [each.path for each in work.loras if not Path(each.path).is_file()]:
            desk.say(failures.file_missing(work.work_id, missing[0]))
        elif desk.is_cancelled(work.work_id):
            desk.say(WorkCancelled(work_id=work.work_id))
        else:
            self._generate(self._context, work, desk)

    def _generate(self, context: Context, work: MakeImage, desk: Desk) -> None:
        watch = PictureWatch(work, desk, self._preview_kind(work), time.monotonic)
        started = time.monotonic()
        self._forget_other_sizes(work)
        with Peak(lambda: self.memory().allocated_mb) as peak, listening(watch):
            watch.start()
            frame = context.generate(work)
        if frame is None and desk.is_cancelled(work.work_id):
            desk.say(WorkCancelled(work_id=work.work_id))
        elif frame is None:
            desk.say(failures.no_picture(work.work_id, watch.lines))
        elif frame.is_blank():
            desk.say(failures.blank_image(work.work_id, watch.lines))
        elif unused := failures.lora_unused(work, watch.lines):
            desk.say(unused)
        else:
            _hand_over(frame, work, desk, started=started, peak_mb=peak.mb, log=watch.lines)

    def _forget_other_sizes(self, work: MakeImage) -> None:
        """What a larger picture left behind would count as this one's; that of one like it is used again, and kept."""
        size = (work.width, work.height)
        if size != self._size:
            library.give_back_memory()
        self._size = size

    def _preview_kind(self, work: MakeImage) -> PreviewKind:
        """The small decoder where there is one: a projection knows the colours of published latents only."""
        if not work.previews:
            return "none"
        if self._model is None or "taesd" not in self._model.paths:
            return "proj"
        # Its tiles would pass for steps.
        return "none" if "vae_tiling" in work.mitigations else "tae"


def _hand_over(
    frame: Frame, work: MakeImage, desk: Desk, *, started: float, peak_mb: float, log: Iterable[str]
) -> None:
    desk.say(Progress(work_id=work.work_id, phase="saving", step=0, steps=1))
    file = png.encode(frame, work.text)
    made = ImageMade(
        work_id=work.work_id,
        seed=work.seed,
        width=frame.width,
        height=frame.height,
        pixels_sha256=hashlib.sha256(frame.rgb).hexdigest(),
        seconds=time.monotonic() - started,
        peak_mb=peak_mb,
        buffers_mb=footprint.buffers(log),
    )
    desk.say(made, file)
