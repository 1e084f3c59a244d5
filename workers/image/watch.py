"""What is told to the desk while the engine works."""

from collections import deque
from collections.abc import Callable

from ddesk.protocol.messages import MakeImage, Preview, Progress
from workers.image.callbacks import PreviewKind, preview_next
from workers.image.frame import Frame
from workers.image.phases import Phases
from workers.image.previewing import PreviewPlan
from workers.role import Desk

PREVIEW_SIDE = 512
"""The longest a preview gets, in pixels."""

_LINES_KEPT = 2_000


class LoadWatch:
    """Tells of a load's progress; loading can't be stopped."""

    def __init__(self, work_id: str, desk: Desk) -> None:
        self._work_id = work_id
        self._desk = desk
        self.lines: deque[str] = deque(maxlen=_LINES_KEPT)

    def log(self, line: str) -> None:
        self.lines.append(line)

    def progress(self, step: int, steps: int) -> None:
        self._desk.say(Progress(work_id=self._work_id, phase="loading", step=step, steps=steps))

    def preview(self, _step: int, _frame: Frame) -> None:
        raise AssertionError("a load makes no previews")

    def should_stop(self) -> bool:
        return False


class PictureWatch:
    """Tells of a picture's progress, sends previews of one kind and passes a cancel on. `clock` gives seconds."""

    def __init__(self, work: MakeImage, desk: Desk, kind: PreviewKind, clock: Callable[[], float]) -> None:
        self._work = work
        self._desk = desk
        self._kind = kind
        self._clock = clock
        self._phases = Phases()
        self._plan = PreviewPlan(work.steps)
        self._previewed = False
        self._sampling_since = self._step_since = 0.0
        self.lines: deque[str] = deque(maxlen=_LINES_KEPT)

    def start(self) -> None:
        self._want_preview(1)
        self._desk.say(Progress(work_id=self._work.work_id, phase="encoding", step=0, steps=1))

    def log(self, line: str) -> None:
        self.lines.append(line)
        if self._phases.heard(line):
            self._desk.say(Progress(work_id=self._work.work_id, phase="decoding", step=0, steps=1))

    def progress(self, step: int, steps: int) -> None:
        phase = self._phases.moved()
        pace = self._sampled(step) if phase == "sampling" else 0.0
        self._desk.say(Progress(work_id=self._work.work_id, phase=phase, step=step, steps=steps, seconds_per_step=pace))

    def preview(self, step: int, frame: Frame) -> None:
        # Samplers that look twice at a step number the second look with a minus.
        message = Preview(work_id=self._work.work_id, step=abs(step), width=frame.width, height=frame.height)
        self._desk.preview(message, frame.jpeg(PREVIEW_SIDE))

    def should_stop(self) -> bool:
        return self._phases.may_stop() and self._desk.is_cancelled(self._work.work_id)

    def _sampled(self, step: int) -> float:
        """Note that a step is done; returns the seconds per step so far."""
        now = self._clock()
        if step == 0:
            self._sampling_since = self._step_since = now
            return 0.0
        self._plan.done(now - self._step_since, self._previewed)
        self._step_since = now
        self._want_preview(step + 1)
        return (now - self._sampling_since) / step

    def _want_preview(self, step: int) -> None:
        self._previewed = self._kind != "none" and self._plan.wants(step)
        preview_next(self._kind, self._previewed)
