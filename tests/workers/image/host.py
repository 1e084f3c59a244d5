"""An image role in a process of its own, so that an engine that dies fails a test and not the whole run."""

import multiprocessing
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection
from typing import Any

import msgspec
from msgspec import Struct

from ddesk.protocol.messages import (
    FromWorker,
    ImageMade,
    LoadModel,
    MakeImage,
    MemoryReport,
    ModelSpec,
    Outcome,
    Preview,
    Progress,
    Work,
)

ANSWER_SECONDS = 120

PICTURE = MakeImage(
    work_id="picture",
    preset_id="starter",
    prompt="a red circle on a yellow background",
    negative_prompt="",
    seed=7,
    steps=3,
    cfg=2.5,
    guidance=3.5,
    sampler="euler",
    sigma_schedule="discrete",
    width=64,
    height=64,
)
"""A small picture that takes a third of a second."""


def picture(**changes: Any) -> MakeImage:
    return msgspec.structs.replace(PICTURE, **changes)


class Moment(Struct, frozen=True):
    """Where in the work the desk cancels it."""

    phase: str
    step: int = 0


class Transcript(Struct, frozen=True):
    """Everything that the role said about one piece of work, in order, with the frames."""

    said: list[tuple[FromWorker, bytes]]

    @property
    def outcome(self) -> FromWorker:
        (outcome,) = (message for message, _ in self.said if isinstance(message, Outcome))
        return outcome

    @property
    def made(self) -> ImageMade:
        assert isinstance(self.outcome, ImageMade), self.outcome
        return self.outcome

    @property
    def file(self) -> bytes:
        return self.said[-1][1]

    @property
    def progress(self) -> list[Progress]:
        return [message for message, _ in self.said if isinstance(message, Progress)]

    @property
    def previews(self) -> list[tuple[Preview, bytes]]:
        return [(message, frame) for message, frame in self.said if isinstance(message, Preview)]


class Host(AbstractContextManager["Host"]):
    """Starts the process; leaving it ends it."""

    def __init__(self, *, can_abort: bool = True) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._here, there = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(there, can_abort), daemon=True)
        self._process.start()
        there.close()

    def __exit__(self, *_: object) -> None:
        self._here.close()
        self._process.join()
        self._process.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def do(self, work: Work, *, cancel_at: Moment | None = None) -> Transcript:
        """Raises EOFError where the engine ended the process."""
        self._here.send((work, cancel_at))
        return Transcript(self._answer())

    def load(self, paths: dict[str, str], preset_id: str = "starter") -> Transcript:
        return self.do(LoadModel(work_id="load", model=ModelSpec(preset_id=preset_id, paths=paths)))

    def memory(self) -> MemoryReport:
        self._here.send(None)
        report: MemoryReport = self._answer()
        return report

    def _answer(self) -> Any:
        assert self._here.poll(ANSWER_SECONDS), "the engine does not answer"
        return self._here.recv()


class _RecordingDesk:
    def __init__(self, cancel_at: Moment | None) -> None:
        self.said: list[tuple[FromWorker, bytes]] = []
        self._cancel_at = cancel_at
        self._cancelled = False

    def say(self, message: FromWorker, frame: bytes = b"") -> None:
        self.said.append((message, frame))
        if isinstance(message, Progress) and Moment(message.phase, message.step) == self._cancel_at:
            self._cancelled = True

    def preview(self, message: Preview, frame: bytes) -> None:
        self.say(message, frame)

    def is_cancelled(self, work_id: str) -> bool:
        return self._cancelled


def _serve(connection: Connection, can_abort: bool) -> None:
    from workers.image.role import create

    role = create({"can_abort": "1" if can_abort else "0"})
    while True:
        try:
            asked = connection.recv()
        except EOFError:
            return
        if asked is None:
            connection.send(role.memory())
            continue
        work, cancel_at = asked
        desk = _RecordingDesk(cancel_at)
        role.work(work, desk)
        connection.send(desk.said)
