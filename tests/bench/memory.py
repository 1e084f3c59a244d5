"""What all processes of a desk hold in memory together."""

import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
from msgspec.structs import replace

from build.session import Machine
from build.variant import Variant
from ddesk.protocol.messages import ImageMade, ModelLoadDone, ModelUnloadDone, UnloadModel
from ddesk.supervision.spec import WorkerSpec
from tests.bench.opened_desk import opened_desk
from tests.bench.row import Row
from tests.desk_process import DeskProcess
from tests.starter_model import starter_paths
from tests.supervised import load, picture, supervised

MOST_MIB = 150
IMAGE_WORKER = WorkerSpec("image", (sys.executable, "-m", "ddesk", "worker", "image"))
_MIB = 1 << 20


def rows(folder: Path) -> list[Row]:
    """Proportional set sizes: what several processes share is counted once."""
    with opened_desk(folder / "memory") as desk:
        idle = _held(desk)
        desk.finished(desk.post("/api/generations", {"prompt": "a red car"})["id"])
        loaded = _held(desk)
    unloaded = {**loaded, "image worker": _image_worker_after_unloading()}
    return [
        _judged("memory (PSS) of all processes, engines idle", idle),
        *_executable(folder),
        _judged("memory (PSS), engines unloaded after a picture", unloaded),
        Row("memory (PSS), the starter model loaded", _told(loaded)),
    ]


def _executable(folder: Path) -> Iterator[Row]:
    """Its outer process too, which has unpacked it and waits; after a first start, as that one holds what it wrote."""
    if not Variant().program.exists():
        return
    machine = Machine(Variant().program, folder / "home")
    with machine.desk() as desk:
        desk.until_prepared()
        position = desk.position
        desk.ended_by(signal.SIGTERM)
    with machine.desk() as desk:
        desk.until_prepared(after=position)
        held = desk.memory() / _MIB
        desk.ended_by(signal.SIGTERM)
    yield Row("the same, of the executable", f"{held:.0f} MiB", f"≤ {MOST_MIB} MiB", held <= MOST_MIB)


def _held(desk: DeskProcess) -> dict[str, float]:
    return {_part(process): _pss(process) for process in desk.processes()}


def _part(process: psutil.Process) -> str:
    """`python -m ddesk worker image` is the image worker."""
    arguments = process.cmdline()
    return f"{arguments[-1]} worker" if "worker" in arguments else "desk"


def _pss(process: psutil.Process) -> float:
    """In MiB. Only Linux tells; elsewhere it is what the process shares with no other."""
    found = process.memory_full_info()
    return float(getattr(found, "pss", found.uss)) / _MIB


def _image_worker_after_unloading() -> float:
    """The desk has no command to unload a model, so this worker is told to by a supervisor of the bench's own."""
    with supervised(IMAGE_WORKER) as supervisor:
        pid = supervisor.connected().pid
        assert pid is not None
        supervisor.send("image", load(paths=starter_paths()))
        supervisor.notices.next_said(ModelLoadDone)
        supervisor.send("image", replace(picture(), width=128, height=128))
        supervisor.notices.next_said(ImageMade)
        supervisor.send("image", UnloadModel(work_id="unload"))
        supervisor.notices.next_said(ModelUnloadDone)
        return _pss(psutil.Process(pid))


def _judged(name: str, held: Mapping[str, float]) -> Row:
    return Row(name, _told(held), f"≤ {MOST_MIB} MiB", sum(held.values()) <= MOST_MIB)


def _told(held: Mapping[str, float]) -> str:
    parts = ", ".join(f"{part} {mib:.0f}" for part, mib in held.items())
    return f"{sum(held.values()):.0f} MiB ({parts})"
