"""A worker with no engine, for tests and for trying the desk: seed and prompt make a picture, and it fails on demand.

Options of its launch line:
- `simulate_device_mb`: how much memory its device has (default 8192). A model that doesn't fit fails to load; a picture
  that doesn't fit beside the model ends the process as an engine does. A picture takes 1 KiB a pixel, half of that
  where it is mitigated by `vae_tiling`.
- `simulate_weights_mb`: what a model weighs (default 1024).
- `simulate_context_mb`: what it has besides, like a language model's context, until a soft unload (default 0).
- `simulate_kind`: `language` computes where its weights lie, so that with `weights_in_ram` nothing is on the device.
- `simulate_card`: a folder that stands for the device, where several workers share one.
- `can_abort`: `no` says in the hello that running work can't be stopped, and then it isn't.
- `step_seconds`: how long a step takes (default 0).

Directives, in a prompt between braces or as one of a model's options without them:
- `weights:MB`: what this model weighs. `encoders:MB` and `vae:MB` of it are not on the device with the options
  `text_encoders_on_cpu` and `vae_on_cpu`, and with `weights_in_ram` nothing is while no picture is made. In segments a
  picture takes as much of the weights as it may.
- `gate:PATH`: after the first step, wait until there is a file at PATH, or the work is cancelled.
- `stubborn`: never notice that the work is cancelled.
- `fail`: end in WorkFailed `engine_error`.
- `blank`: end in WorkFailed `blank_image`; `blank-once`: only without mitigations.
- `crash`: a segmentation fault. `abort`: a failed check of ggml's. `oom`: ggml's end when memory runs out; `oom-once`:
  only without mitigations.
- `crash-if:PATH`: a segmentation fault if there is a file at PATH.
- `hang`: stop the whole process, heartbeats included.
"""

import hashlib
import io
import os
import random
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ddesk.protocol.messages import (
    ImageMade,
    LoadModel,
    MakeImage,
    MemoryReport,
    ModelLoadDone,
    ModelSpec,
    ModelUnloadDone,
    Outcome,
    Preview,
    Progress,
    UnloadModel,
    Work,
    WorkCancelled,
    WorkFailed,
)
from workers.fake_card import Card
from workers.memory import measure
from workers.role import Desk, Identity
from workers.runtime import run

_MIB = 1 << 20
_PICTURE_BYTES_PER_PIXEL = 1 << 10
_GATE_POLL_SECONDS = 0.002
_DIRECTIVE = re.compile(r"\{([a-z_-]+)(?::([^}]*))?\}")


class FakeRole:
    def __init__(self, options: dict[str, str]) -> None:
        self._device_mb = float(options.get("simulate_device_mb", "8192"))
        self._weights_mb = float(options.get("simulate_weights_mb", "1024"))
        self._context_mb = float(options.get("simulate_context_mb", "0"))
        self._computes_in_ram = options.get("simulate_kind") == "language"
        self._card = Card(Path(options["simulate_card"])) if "simulate_card" in options else None
        self._can_abort = options.get("can_abort") != "no"
        self._step_seconds = float(options.get("step_seconds", "0"))
        self._model: ModelSpec | None = None
        self._model_mb = self._kept_mb = self._picture_mb = 0.0

    def identity(self) -> Identity:
        return Identity(
            kind="fake",
            engine="fake",
            engine_version="1",
            backend="none",
            device="fake",
            can_abort=self._can_abort,
        )

    def memory(self) -> MemoryReport:
        allocated = self._model_mb + self._kept_mb + self._picture_mb
        taken = self._card.taken_mb() if self._card else allocated
        return MemoryReport(
            device="fake",
            allocated_mb=allocated,
            free_mb=max(self._device_mb - taken, 0.0),
            total_mb=self._device_mb,
            rss_mb=measure(gpu=False).rss_mb,
        )

    def _hold(self, *, model_mb: float, kept_mb: float, picture_mb: float = 0.0) -> bool:
        """Take, or give back, so much of the device; False where that is more than there is."""
        wanted = model_mb + kept_mb + picture_mb
        if not (self._card.hold(wanted, self._device_mb) if self._card else wanted <= self._device_mb):
            return False
        self._model_mb, self._kept_mb, self._picture_mb = model_mb, kept_mb, picture_mb
        return True

    def model_loaded(self) -> str | None:
        return self._model.preset_id if self._model else None

    def work(self, work: Work, desk: Desk) -> None:
        match work:
            case LoadModel():
                self._load(work, desk)
            case UnloadModel():
                self._unload(work, desk)
            case MakeImage():
                self._make_image(work, desk)
            case _:
                words = f"The fake worker can't do {type(work).__name__}."
                desk.say(WorkFailed(work_id=work.work_id, code="invalid_work", words=words))

    def _unload(self, work: UnloadModel, desk: Desk) -> None:
        unloaded = self.model_loaded()
        if work.depth == "hard":
            self._model = None
            self._hold(model_mb=0.0, kept_mb=0.0)
        else:
            self._hold(model_mb=self._model_mb, kept_mb=0.0)
        desk.say(ModelUnloadDone(work_id=work.work_id, preset_id=unloaded, depth=work.depth, why=work.why))

    def _load(self, work: LoadModel, desk: Desk) -> None:
        self._model = None
        self._hold(model_mb=0.0, kept_mb=0.0)
        directives = _options(work.model)
        desk.say(Progress(work_id=work.work_id, phase="loading", step=0, steps=1))
        _misbehave(directives)
        missing = [path for path in work.model.paths.values() if not Path(path).exists()]
        if "gate" in directives and not self._pass_gate(directives, work.work_id, desk):
            desk.say(WorkCancelled(work_id=work.work_id))
        elif missing:
            words = f"There is no file at {missing[0]}."
            desk.say(WorkFailed(work_id=work.work_id, code="file_missing", words=words))
        elif "fail" in directives:
            desk.say(WorkFailed(work_id=work.work_id, code="bad_model_file", words="The model's file is damaged."))
        elif not self._hold(model_mb=self._on_device(work.model, at_work=False), kept_mb=self._context_of(work.model)):
            words = f"The model needs {self._weighs(work.model):g} MiB, and the device has {self._device_mb:g} in all."
            desk.say(WorkFailed(work_id=work.work_id, code="out_of_memory", words=words))
        else:
            self._model = work.model
            weights = self._components(work.model)
            desk.say(
                ModelLoadDone(
                    work_id=work.work_id,
                    preset_id=work.model.preset_id,
                    seconds=0.0,
                    weights_mb=weights,
                    signature=work.model.signature,
                )
            )

    def _make_image(self, work: MakeImage, desk: Desk) -> None:
        if self.model_loaded() != work.preset_id:
            words = f"The model of preset {work.preset_id} is not loaded."
            desk.say(WorkFailed(work_id=work.work_id, code="model_not_loaded", words=words))
            return
        assert self._model is not None
        self._take_memory(work, self._model)
        try:
            outcome, frame = self._outcome(work, desk)
        finally:
            self._hold(model_mb=self._on_device(self._model, at_work=False), kept_mb=self._kept_mb)
        desk.say(outcome, frame)

    def _outcome(self, work: MakeImage, desk: Desk) -> tuple[Outcome, bytes]:
        directives, picture = _directives(work.prompt), _draw(work)
        if not self._sample(work, picture, directives, desk):
            return WorkCancelled(work_id=work.work_id), b""
        if "fail" in directives:
            words = "The engine could not make the picture."
            return WorkFailed(work_id=work.work_id, code="engine_error", words=words), b""
        if "blank" in directives or ("blank-once" in directives and not work.mitigations):
            return WorkFailed(work_id=work.work_id, code="blank_image", words="The picture came out blank."), b""
        return self._describe(work, picture), _png(picture, work.text)

    def _weighs(self, model: ModelSpec) -> float:
        return float(_options(model).get("weights", self._weights_mb))

    def _components(self, model: ModelSpec) -> dict[str, float]:
        said = _options(model)
        encoders, vae = float(said.get("encoders", 0)), float(said.get("vae", 0))
        parts = {"diffusion_model": self._weighs(model) - encoders - vae, "text_encoders": encoders, "vae": vae}
        return {part: mb for part, mb in parts.items() if mb > 0}

    def _context_of(self, model: ModelSpec) -> float:
        return 0.0 if self._computes_in_ram and "weights_in_ram" in model.options else self._context_mb

    def _on_device(self, model: ModelSpec, *, at_work: bool) -> float:
        """What of its weights lies there."""
        parts, options = self._components(model), _options(model)
        if "text_encoders_on_cpu" in options:
            parts.pop("text_encoders", None)
        if "vae_on_cpu" in options:
            parts.pop("vae", None)
        if "weights_in_ram" in options:
            brought = at_work and not self._computes_in_ram
            return max(parts.values(), default=0.0) if brought else 0.0
        return sum(parts.values())

    def _take_memory(self, work: MakeImage, model: ModelSpec) -> None:
        needed = work.width * work.height * _PICTURE_BYTES_PER_PIXEL / _MIB
        picture_mb = needed / 2 if "vae_tiling" in work.mitigations else needed
        if self._computes_in_ram and "weights_in_ram" in model.options:
            picture_mb = 0.0
        model_mb = self._on_device(model, at_work=True)
        if model.max_vram_mb:
            model_mb = min(model_mb, max(model.max_vram_mb - picture_mb, 0.0))
        if not self._hold(model_mb=model_mb, kept_mb=self._kept_mb, picture_mb=picture_mb):
            _run_out_of_memory(picture_mb)

    def _sample(self, work: MakeImage, picture: Image.Image, directives: dict[str, str], desk: Desk) -> bool:
        """False where it was cancelled."""
        for step in range(1, work.steps + 1):
            if step == 2:
                _misbehave(directives)
                if "oom-once" in directives and not work.mitigations:
                    _run_out_of_memory(self._picture_mb)
            if step == 2 and "gate" in directives and not self._pass_gate(directives, work.work_id, desk):
                return False
            if self._is_cancelled(work.work_id, directives, desk):
                return False
            time.sleep(self._step_seconds)
            seconds = self._step_seconds
            desk.say(
                Progress(work_id=work.work_id, phase="sampling", step=step, steps=work.steps, seconds_per_step=seconds)
            )
            if work.previews:
                _show_preview(work, picture, step, desk)
        return True

    def _pass_gate(self, directives: dict[str, str], work_id: str, desk: Desk) -> bool:
        """False where the work was cancelled while it waited."""
        while not Path(directives["gate"]).exists():
            if self._is_cancelled(work_id, directives, desk):
                return False
            time.sleep(_GATE_POLL_SECONDS)
        return True

    def _is_cancelled(self, work_id: str, directives: dict[str, str], desk: Desk) -> bool:
        return self._can_abort and "stubborn" not in directives and desk.is_cancelled(work_id)

    def _describe(self, work: MakeImage, picture: Image.Image) -> ImageMade:
        return ImageMade(
            work_id=work.work_id,
            seed=work.seed,
            width=picture.width,
            height=picture.height,
            pixels_sha256=hashlib.sha256(picture.tobytes()).hexdigest(),
            seconds=work.steps * self._step_seconds,
            peak_mb=self._model_mb + self._kept_mb + self._picture_mb,
            buffers_mb={"diffusion_model": self._picture_mb},
        )


def _options(model: ModelSpec) -> dict[str, str]:
    return _directives(" ".join(f"{{{option}}}" for option in model.options))


def _directives(text: str) -> dict[str, str]:
    return {name: argument or "" for name, argument in _DIRECTIVE.findall(text)}


def _misbehave(directives: dict[str, str]) -> None:
    if "crash" in directives or ("crash-if" in directives and Path(directives["crash-if"]).exists()):
        os.kill(os.getpid(), signal.SIGSEGV)
    if "abort" in directives:
        _abort("ggml.c:3232: GGML_ASSERT(ggml_can_mul_mat(a, b)) failed")
    if "oom" in directives:
        _run_out_of_memory(1024)
    if "hang" in directives:
        psutil.Process().suspend()


def _run_out_of_memory(megabytes: float) -> None:
    _abort(
        f"ggml_backend_cuda_buffer_type_alloc_buffer: allocating {megabytes:.2f} MiB on device 0: "
        "cudaMalloc failed: out of memory\n"
        "ggml-backend.cpp:189: GGML_ASSERT(buffer) failed"
    )


def _abort(last_words: str) -> None:
    print(last_words, file=sys.stderr, flush=True)
    os.abort()


def _draw(work: MakeImage) -> Image.Image:
    """A gradient between two colours that the seed and the prompt choose."""
    chance = random.Random(f"{work.seed}|{work.prompt}|{work.negative_prompt}")  # noqa: S311
    first, second = (tuple(chance.randrange(256) for _ in range(3)) for _ in range(2))
    mask = Image.linear_gradient("L").rotate(90 * chance.randrange(4)).resize((work.width, work.height))
    size = (work.width, work.height)
    return Image.composite(Image.new("RGB", size, first), Image.new("RGB", size, second), mask)


def _show_preview(work: MakeImage, picture: Image.Image, step: int, desk: Desk) -> None:
    small = picture.resize((max(1, work.width // 2), max(1, work.height // 2)))
    unfinished = Image.blend(Image.new("RGB", small.size, "grey"), small, step / work.steps)
    frame = _encode(lambda file: unfinished.save(file, "JPEG"))
    desk.preview(Preview(work_id=work.work_id, step=step, width=small.width, height=small.height), frame)


def _png(picture: Image.Image, text: dict[str, str]) -> bytes:
    chunks = PngInfo()
    for key, value in text.items():
        chunks.add_itxt(key, value)
    return _encode(lambda file: picture.save(file, "PNG", pnginfo=chunks))


def _encode(save: Callable[[io.BytesIO], None]) -> bytes:
    file = io.BytesIO()
    save(file)
    return file.getvalue()


def main() -> int:
    return run(FakeRole)


if __name__ == "__main__":
    sys.exit(main())
