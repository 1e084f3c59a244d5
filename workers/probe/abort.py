"""Whether a running picture can be stopped without losing the model, tried out with the starter model.

What the image worker does for it relies on how one version of the engine lays out its memory. Where that is wrong,
this process is what is lost, and the desk ends a worker to cancel its work.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from ddesk.protocol.messages import (
    FromWorker,
    ImageMade,
    LoadModel,
    MakeImage,
    ModelLoadDone,
    ModelSpec,
    Outcome,
    Preview,
    Progress,
    WorkCancelled,
)

if TYPE_CHECKING:
    from workers.image.role import ImageRole

_SIDE, _STEPS, _LONG = 64, 1, 20


class Verdict(Struct, frozen=True):
    can_abort: bool
    why: str


class _Desk:
    """Keeps how the work ended; cancels it after the first sampling step where it is to."""

    def __init__(self, *, cancels: bool = False) -> None:
        self.outcome: FromWorker | None = None
        self._cancels = cancels
        self._sampling = False

    def say(self, message: FromWorker, frame: bytes = b"") -> None:  # noqa: ARG002 - nobody looks at pictures here
        if isinstance(message, Progress) and message.phase == "sampling" and message.step:
            self._sampling = True
        if isinstance(message, Outcome):
            self.outcome = message

    def preview(self, message: Preview, frame: bytes) -> None:
        """None are asked for."""

    def is_cancelled(self, work_id: str) -> bool:  # noqa: ARG002 - there is one piece of work at a time
        return self._cancels and self._sampling


def verdict(starter: Mapping[str, str]) -> Verdict:
    """By the starter model, whose files these are by part.

    Make a picture, cancel a second one in the middle, make the first again: its pixels must be the same.
    """
    try:
        from workers.image import library
        from workers.image.role import ImageRole
        from workers.memory import measure
    except (ImportError, AttributeError, OSError, RuntimeError) as wrong:
        return Verdict(False, f"The engine can't be loaded: {wrong}.")
    if library.backends()[0] != "CPU":
        return Verdict(False, f"Models run on {library.backends()[0]}, and only the CPU can be stopped.")
    role = ImageRole(can_abort=True, threads=library.usable_cores(), memory=lambda: measure(gpu=False))
    loading = _Desk()
    role.work(LoadModel(work_id="load", model=ModelSpec(preset_id="starter", paths=dict(starter))), loading)
    if not isinstance(loading.outcome, ModelLoadDone):
        return Verdict(False, f"The starter model can't be loaded: {loading.outcome}.")
    return _tried(role)


def _tried(role: "ImageRole") -> Verdict:
    before, stopped, after = _Desk(), _Desk(cancels=True), _Desk()
    role.work(_picture(_STEPS), before)
    role.work(_picture(_LONG), stopped)
    role.work(_picture(_STEPS), after)
    if not isinstance(stopped.outcome, WorkCancelled):
        return Verdict(False, "A picture that was cancelled went on to its end.")
    if not isinstance(before.outcome, ImageMade) or not isinstance(after.outcome, ImageMade):
        return Verdict(False, "The engine could not be used after a picture was stopped.")
    if before.outcome.pixels_sha256 != after.outcome.pixels_sha256:
        return Verdict(False, "The picture after one that was stopped was another than before.")
    return Verdict(True, "A picture was stopped in the middle, and the next was as it should be.")


def _picture(steps: int) -> MakeImage:
    return MakeImage(
        work_id="picture",
        preset_id="starter",
        prompt="a blue star",
        negative_prompt="",
        seed=1,
        steps=steps,
        cfg=1.0,
        guidance=3.5,
        sampler="euler",
        sigma_schedule="discrete",
        width=_SIDE,
        height=_SIDE,
        previews=False,
    )
