"""Pictures as a newcomer gets them: by the image worker's own code, with the preset's own settings."""

import io
import time
from collections.abc import Mapping

from msgspec import Struct
from PIL import Image

from ddesk.events.preset import ImageDefaults
from ddesk.protocol.messages import FromWorker, ImageMade, LoadModel, MakeImage, ModelLoadDone, ModelSpec, Preview
from workers.image.role import create

_PRESET = "starter"


class Painted(Struct, frozen=True):
    """`seconds` are the processor's, of one core."""

    image: Image.Image
    seconds: float


class Painter:
    """`paths` are those of the model's files by part. Raises RuntimeError where the engine can't load or paint."""

    def __init__(self, paths: Mapping[str, str], settings: ImageDefaults) -> None:
        self._settings = settings
        self._role = create({"threads": "1"})
        self._ask(LoadModel(work_id="load", model=ModelSpec(preset_id=_PRESET, paths=dict(paths))), ModelLoadDone)

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
        file = self._ask(work, ImageMade)
        seconds = time.process_time() - started
        return Painted(Image.open(io.BytesIO(file)).convert("RGB"), seconds)

    def _ask(self, work: LoadModel | MakeImage, wanted: type[FromWorker]) -> bytes:
        heard = _Heard()
        self._role.work(work, heard)
        if isinstance(heard.last, wanted):
            return heard.file
        raise RuntimeError(f"The engine answered {heard.last}.")


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
