"""Pictures as a newcomer gets them: by the image worker's own code, with the preset's own settings."""

import io
import time
from collections.abc import Mapping

from msgspec import Struct
from PIL import Image

from ddesk.events.preset import ImageDefaults
from ddesk.protocol.messages import (
    FromWorker,
    ImageMade,
    LoadModel,
    MakeImage,
    ModelLoadDone,
    ModelSpec,
    Preview,
    WorkFailed,
)
from workers.image.role import create

_PRESET = "starter"


class Painted(Struct, frozen=True):
    """`image` is None where it came out blank; `seconds` are the processor's, of one core."""

    image: Image.Image | None
    seconds: float


class Painter:
    """`paths` are those of the model's files by part. Raises RuntimeError where the engine can't load or paint."""

    def __init__(self, paths: Mapping[str, str], settings: ImageDefaults) -> None:
        self._settings = settings
        self._role = create({"threads": "1"})
        load = LoadModel(work_id="load", model=ModelSpec(preset_id=_PRESET, paths=dict(paths)))
        match self._ask(load).last:
            case ModelLoadDone():
                pass
            case failure:
                raise RuntimeError(f"The engine answered {failure}.")

    def paint(self, prompt: str, side: int, seed: int) -> Painted:
        work = MakeImage(
            work_id="picture",
            preset_id=_PRESET,
            prompt=prompt,
            negative_prompt="",
            seed=seed,
            steps=self._settings.steps,
            cfg=self._settings.cfg,
            guidance=self._settings.guidance,
            sampler=self._settings.sampler,
            sigma_schedule=self._settings.sigma_schedule,
            width=side,
            height=side,
            previews=False,
        )
        started = time.process_time()
        heard = self._ask(work)
        seconds = time.process_time() - started
        match heard.last:
            case ImageMade():
                return Painted(Image.open(io.BytesIO(heard.file)).convert("RGB"), seconds)
            case WorkFailed(code="blank_image"):
                return Painted(None, seconds)
            case failure:
                raise RuntimeError(f"The engine answered {failure}.")

    def _ask(self, work: LoadModel | MakeImage) -> "_Heard":
        heard = _Heard()
        self._role.work(work, heard)
        return heard


class _Heard:
    """Keeps the last that the worker said."""

    last: FromWorker | None = None
    file: bytes = b""

    def say(self, message: FromWorker, frame: bytes = b"") -> None:
        self.last, self.file = message, frame

    def preview(self, message: Preview, frame: bytes) -> None:
        pass

    def is_cancelled(self, _work_id: str, /) -> bool:
        return False
