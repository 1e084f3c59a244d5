"""A supervisor under test, whose notices can be awaited, and work to give it."""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ddesk.protocol.messages import LoadModel, MakeImage, ModelSpec
from ddesk.supervision.notices import SupervisorNotice, WorkerConnected, WorkerSaid, WorkerStatus
from ddesk.supervision.restart_policy import Policy
from ddesk.supervision.spec import Timing, WorkerSpec
from ddesk.supervision.supervisor import Supervisor

FAKE = WorkerSpec("fake", (sys.executable, "-m", "workers.fake"))
BRISK = Timing(heartbeat_seconds=0.1, missed_heartbeats=100)
"""Heartbeats come often; yet a machine that is busy with other tests makes no worker hung."""
PATIENT = Policy(first_delay_seconds=0.05, losses=1000)
"""Starts again soon, and holds nothing down."""

_GUARD_SECONDS = 60
Notice = TypeVar("Notice")
Message = TypeVar("Message")


class Notices:
    """What the supervisor told, in order. Each `next` goes on after the one before."""

    def __init__(self) -> None:
        self.all: list[SupervisorNotice] = []
        self._read = 0
        self._changed = threading.Condition()

    def __call__(self, notice: SupervisorNotice) -> None:
        with self._changed:
            self.all.append(notice)
            self._changed.notify_all()

    def next(self, kind: type[Notice], where: Callable[[Notice], bool] = lambda _: True) -> Notice:
        """The next notice of this kind for which `where` holds; those before it count as read."""
        found: list[Notice] = []

        def look() -> bool:
            for index in range(self._read, len(self.all)):
                notice = self.all[index]
                if isinstance(notice, kind) and where(notice):
                    found.append(notice)
                    self._read = index + 1
                    return True
            return False

        with self._changed:
            assert self._changed.wait_for(look, _GUARD_SECONDS), f"No such {kind.__name__} after {self.all}"
        return found[0]

    def next_said(self, kind: type[Message], work_id: str | None = None) -> tuple[Message, bytes]:
        """The next message of this kind (and about this work), and its frame."""

        def fits(said: WorkerSaid) -> bool:
            return isinstance(said.message, kind) and work_id in (None, getattr(said.message, "work_id", None))

        said = self.next(WorkerSaid, fits)
        assert isinstance(said.message, kind)
        return said.message, said.frame

    def of(self, kind: type[Notice]) -> list[Notice]:
        """All of this kind so far, read or not."""
        with self._changed:
            return [notice for notice in self.all if isinstance(notice, kind)]

    def said(self, kind: type[Message]) -> list[Message]:
        """All messages of this kind so far, read or not."""
        return [said.message for said in self.of(WorkerSaid) if isinstance(said.message, kind)]


class Supervised(Supervisor):
    """One worker, at hand under its name."""

    def __init__(self, spec: WorkerSpec = FAKE, **arguments: Any) -> None:
        self.notices = Notices()
        self.worker = spec.worker
        super().__init__([spec], self.notices, **{"timing": BRISK, "policy": PATIENT} | arguments)

    def now(self) -> WorkerStatus:
        return self.status()[0]

    def connected(self) -> WorkerStatus:
        """Wait for the next connection."""
        self.notices.next(WorkerConnected)
        return self.now()


@contextmanager
def supervised(spec: WorkerSpec = FAKE, **arguments: Any) -> Iterator[Supervised]:
    supervisor = Supervised(spec, **arguments)
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()


@contextmanager
def logged(words: str) -> Iterator[threading.Event]:
    """An event that is set when the supervision logs these words."""
    seen = threading.Event()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if words in record.getMessage():
                seen.set()

    logger, ear = logging.getLogger("ddesk.supervision"), Ear()
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(ear)
    yield seen
    logger.removeHandler(ear)
    logger.setLevel(level)


def load(*options: str, work_id: str = "load", preset: str = "toy", paths: dict[str, str] | None = None) -> LoadModel:
    return LoadModel(work_id=work_id, model=ModelSpec(preset_id=preset, paths=paths or {}, options=options))


def picture(
    prompt: str = "a blue robot", *, work_id: str = "picture", preset: str = "toy", steps: int = 4
) -> MakeImage:
    return MakeImage(
        work_id=work_id,
        preset_id=preset,
        prompt=prompt,
        negative_prompt="",
        seed=7,
        steps=steps,
        cfg=2.0,
        guidance=3.5,
        sampler="euler",
        sigma_schedule="discrete",
        width=32,
        height=32,
    )


class Gate:
    """Holds a picture of the fake worker's after its first step until it is opened."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "gate"

    @property
    def directive(self) -> str:
        return f"{{gate:{self._path}}}"

    def open(self) -> None:
        self._path.touch()
