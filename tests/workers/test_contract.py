"""What the desk relies on in every worker, whatever its kind. `tests/workers/kinds.py` says how to add one."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil
import pytest
from PIL import Image

from ddesk.protocol.messages import (
    FromWorker,
    ImageMade,
    ModelLoadDone,
    ModelUnloadDone,
    Outcome,
    Preview,
    Progress,
    ThumbnailMade,
    UnloadModel,
    WorkCancelled,
)
from ddesk.supervision.link import Link
from ddesk.supervision.notices import WorkerConnected, WorkerGone, WorkerSaid, WorkerStatus
from ddesk.supervision.worker_process import WorkerProcess
from tests.supervised import Supervised, supervised
from tests.workers.kinds import KINDS, Kind, params

_GUARD_SECONDS = 60
_ROOT = Path(__file__).parents[2]
_ROOM_FOR_MESSAGES = 2000
"""Bytes: every message about work fits, and no picture."""

every_kind = pytest.mark.parametrize("kind", params())
those_with_models = pytest.mark.parametrize("kind", params(which=lambda kind: kind.load))
those_that_take_long = pytest.mark.parametrize("kind", params(which=lambda kind: kind.long_work))
those_with_previews = pytest.mark.parametrize("kind", params(which=lambda kind: kind.previewed))


class Played:
    """A connected worker of one kind, its model loaded where it has models."""

    def __init__(self, kind: Kind, folder: Path, desk: Supervised) -> None:
        self.kind, self.desk = kind, desk
        self._folder = folder
        self.at_start = desk.connected()
        self.load("load")

    def load(self, work_id: str) -> None:
        if self.kind.load:
            self.desk.send(self.kind.name, self.kind.load(self._folder, work_id))
            self.desk.notices.next_said(ModelLoadDone, work_id)

    def do(self, work_id: str) -> tuple[ImageMade | ThumbnailMade, bytes]:
        """Have it do its work, which succeeds."""
        self.start(work_id)

        def is_outcome(said: WorkerSaid) -> bool:
            return isinstance(said.message, Outcome) and said.message.work_id == work_id

        ended = self.desk.notices.next(WorkerSaid, is_outcome)
        assert isinstance(ended.message, ImageMade | ThumbnailMade)
        return ended.message, ended.frame

    def start(self, work_id: str) -> None:
        self.desk.send(self.kind.name, self.kind.work(self._folder, work_id))

    def said(self, work_id: str) -> list[FromWorker]:
        """All that it has said so far about this work."""
        messages = [said.message for said in self.desk.notices.of(WorkerSaid)]
        return [message for message in messages if getattr(message, "work_id", None) == work_id]

    def begin_long(self, work_id: str) -> None:
        """Returns when it has come so far that it speaks of its progress."""
        assert self.kind.long_work
        self.desk.send(self.kind.name, self.kind.long_work(self._folder, work_id))
        self.desk.notices.next_said(Progress, work_id)

    def cancel(self, work_id: str) -> None:
        """Returns when the work has stopped, by the worker or with it."""

        def is_over(notice: object) -> bool:
            if isinstance(notice, WorkerGone):
                return (notice.on_purpose, notice.work_id) == ("cancel", work_id)
            return isinstance(notice, WorkerSaid) and is_cancelled(notice.message)

        def is_cancelled(message: FromWorker) -> bool:
            return isinstance(message, WorkCancelled) and message.work_id == work_id

        self.desk.cancel(self.kind.name, work_id)
        self.desk.notices.next(object, is_over)

    def kill(self) -> WorkerGone:
        pid = self.desk.now().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        return self.desk.notices.next(WorkerGone)


@pytest.fixture
def played(kind: Kind, tmp_path: Path) -> Iterator[Played]:
    with supervised(kind.spec) as desk:
        yield Played(kind, tmp_path, desk)


@every_kind
def test_it_says_who_it_is(played: Played) -> None:
    hello = played.desk.notices.of(WorkerConnected)[0].hello
    assert hello.kind == played.kind.name
    assert hello.engine
    assert hello.engine_version
    assert hello.device
    assert hello.pid == played.desk.now().pid


@every_kind
def test_it_reports_its_memory_from_the_first_heartbeat(played: Played) -> None:
    memory = played.at_start.memory
    assert memory is not None
    assert memory.device
    assert 0 < memory.free_mb <= memory.total_mb
    assert memory.rss_mb > 0


@every_kind
def test_its_work_ends_in_one_outcome_with_a_picture(played: Played) -> None:
    outcome, frame = played.do("work")
    played.do("next")
    assert Image.open(io.BytesIO(frame)).size == (outcome.width, outcome.height)
    said = played.said("work")
    assert [message for message in said if isinstance(message, Outcome)] == [said[-1]]


@those_with_models
def test_its_memory_report_follows_its_model(played: Played) -> None:
    loaded = _status_when(played.desk, lambda now: now.model_loaded is not None)
    played.desk.send(played.kind.name, UnloadModel(work_id="unload"))
    unloaded, _ = played.desk.notices.next_said(ModelUnloadDone, "unload")
    empty = _status_when(played.desk, lambda now: now.model_loaded is None)
    assert unloaded.preset_id == loaded.model_loaded
    before, held, after = (status.memory for status in (played.at_start, loaded, empty))
    assert before is not None
    assert held is not None
    assert after is not None
    assert before.allocated_mb < held.allocated_mb > after.allocated_mb


@those_with_models
def test_its_progress_counts_up_to_its_last_step(played: Played) -> None:
    played.do("work")
    told = [one for one in played.said("work") if isinstance(one, Progress) and one.phase == "sampling"]
    assert len(told) > 1
    assert [one.step for one in told] == sorted(one.step for one in told)
    assert told[-1].step == told[-1].steps


@those_with_previews
def test_its_previews_change_as_they_are_seen(played: Played) -> None:
    frames: set[bytes] = set()
    assert played.kind.previewed
    played.desk.send(played.kind.name, played.kind.previewed(Path(), "work"))
    while len(frames) < 2:
        preview, frame = played.desk.notices.next_said(Preview, "work")
        assert Image.open(io.BytesIO(frame)).size == (preview.width, preview.height)
        frames.add(frame)
        played.desk.preview_seen(played.kind.name, "work")


@those_with_previews
def test_of_its_previews_only_one_is_under_way_until_it_is_seen(played: Played) -> None:
    played.do("work")
    assert len([message for message in played.said("work") if isinstance(message, Preview)]) == 1


@those_that_take_long
def test_cancelled_work_stops_and_leaves_the_next_undisturbed(played: Played) -> None:
    undisturbed, _ = played.do("before")
    played.begin_long("long")
    before = played.desk.now()
    played.cancel("long")
    after, _ = played.do("after")
    assert (played.desk.now().pid == before.pid) == before.can_abort
    assert isinstance(undisturbed, ImageMade)
    assert isinstance(after, ImageMade)
    assert after.pixels_sha256 == undisturbed.pixels_sha256


@those_that_take_long
def test_a_worker_killed_at_work_takes_that_work_along_and_comes_back(played: Played) -> None:
    played.begin_long("long")
    gone = played.kill()
    assert (gone.cause, gone.work_id, gone.on_purpose) == ("killed", "long", None)
    assert played.desk.connected().restarts == 1
    played.load("again")
    played.do("after")


@every_kind
def test_a_worker_killed_while_idle_comes_back(played: Played) -> None:
    gone = played.kill()
    assert gone.work_id is None
    assert played.desk.connected().restarts == 1
    played.load("again")
    played.do("after")


@those_that_take_long
def test_a_busy_worker_ends_with_the_desk(played: Played) -> None:
    played.begin_long("long")
    process = psutil.Process(played.desk.now().pid)
    played.desk.stop()
    assert not process.is_running()
    assert played.desk.notices.of(WorkerGone)[0].on_purpose == "shutdown"


@every_kind
def test_ctrl_c_is_not_for_a_worker(played: Played) -> None:
    pid = played.desk.now().pid
    assert pid is not None
    os.kill(pid, signal.SIGINT)
    played.do("after")
    assert played.desk.now().pid == pid


@every_kind
def test_a_worker_whose_frame_is_too_long_is_hung_up_on_and_replaced(kind: Kind, tmp_path: Path) -> None:
    with supervised(kind.spec, max_frame_bytes=_ROOM_FOR_MESSAGES) as desk:
        Played(kind, tmp_path, desk).start("work")
        assert desk.notices.next(WorkerGone).work_id == "work"
        assert desk.connected().restarts == 1


@every_kind
def test_a_worker_without_the_secret_is_refused(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    ended = threading.Event()
    link = Link()
    launch = msgspec.structs.replace(link.admit(kind.name), secret="guessed", options=kind.options)
    process = WorkerProcess(kind.name, kind.spec.command, launch, lambda _: ended.set())
    try:
        while "does not hold the secret" not in caplog.text:
            link.wait(1)
            assert list(link.arrivals()) == []
    finally:
        process.close_input()
        assert ended.wait(_GUARD_SECONDS)
        link.close()


_DESK = """
import sys, threading
from pathlib import Path
from ddesk.protocol.messages import Progress
from tests.supervised import supervised
from tests.workers.kinds import KINDS
from tests.workers.test_contract import Played

kind, folder = next(kind for kind in KINDS if kind.name == sys.argv[1]), Path(sys.argv[2])
with supervised(kind.spec) as desk:
    played = Played(kind, folder, desk)
    if kind.long_work:
        played.begin_long("long")
    print(desk.now().pid, flush=True)
    threading.Event().wait()
"""


@every_kind
def test_a_worker_whose_desk_is_killed_ends_too(kind: Kind, tmp_path: Path) -> None:
    with desk_of(kind, tmp_path) as (desk, worker):
        desk.kill()
        worker.wait(_GUARD_SECONDS)  # raises if it lives on


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process that can't notice anything by itself")
def test_a_worker_that_stands_still_ends_with_its_desk_too(tmp_path: Path) -> None:
    with desk_of(KINDS[0], tmp_path) as (desk, worker):
        worker.suspend()
        desk.kill()
        worker.wait(_GUARD_SECONDS)


@contextmanager
def desk_of(kind: Kind, folder: Path) -> Iterator[tuple[subprocess.Popen[str], psutil.Process]]:
    """A desk in a process of its own, and its busy worker."""
    command = [sys.executable, "-c", _DESK, kind.name, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as desk:
        assert desk.stdout is not None
        yield desk, psutil.Process(int(desk.stdout.readline()))


def test_every_kind_has_a_name_of_its_own() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def _status_when(desk: Supervised, holds: Callable[[WorkerStatus], bool]) -> WorkerStatus:
    """Heartbeats are not told, so that a status is looked at until it is as it should become."""
    give_up_at = time.monotonic() + _GUARD_SECONDS
    while not holds(desk.now()):
        assert time.monotonic() < give_up_at, desk.now()
        time.sleep(0.01)
    return desk.now()
