"""A machine that the engine can't run on: said in plain words, and the desk is there all the same."""

import json
import os
import sysconfig
from pathlib import Path

import pytest

from tests.desk_process import DeskProcess, Live, ddesk

BINDING = """
import ctypes
try:
    ctypes.CDLL("libnothere.so.1")
except OSError as wrong:
    raise RuntimeError(f"Failed to load shared library 'libstable-diffusion.so': {wrong}") from wrong
"""
"""What the engine's own does where a library that it needs is not there."""

TOO_NEW = "import os, signal; os.kill(os.getpid(), signal.SIGILL)"
"""The processor's answer to an instruction that it doesn't know."""


def engine(folder: Path, script: str) -> dict[str, str]:
    """The environment in which that is the engine's binding."""
    package = folder / "stable_diffusion_cpp"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(script)
    (package / "stable_diffusion_cpp.py").touch()
    before = os.environ.get("PYTHONPATH", sysconfig.get_path("purelib"))
    return {"PYTHONPATH": os.pathsep.join([str(folder), before])}


@pytest.mark.parametrize(
    ("script", "cause", "says"),
    [(BINDING, "missing_library", "libnothere.so.1"), (TOO_NEW, "unfit_processor", "AVX2")],
    ids=["no library", "no AVX2"],
)
def test_the_worker_is_started_once_and_the_reason_is_shown(
    new_data: Path, tmp_path: Path, script: str, cause: str, says: str
) -> None:
    desk = DeskProcess(new_data, environment=engine(tmp_path / "engine", script))
    try:
        desk.until("WorkerQuarantined", stream="worker-image")
        told = desk.get("/api/events?after=0&stream=worker-image")["items"]
        assert [each["type"] for each in told] == ["WorkerStarted", "WorkerLost", "WorkerQuarantined"]
        assert told[1]["data"]["cause"] == cause
        assert says in told[1]["data"]["words"]
        worker = desk.worker()
        assert (worker["state"], worker["problem"]) == ("quarantined", told[1]["data"]["words"])
        with desk.live() as live:
            live.until_type("ready")
            desk.post("/api/system/workers/image/restart")
            assert says in until_alert(live)["words"]
    finally:
        assert desk.stop() == 0


@pytest.mark.parametrize(
    ("script", "code", "says"),
    [(BINDING, "missing_library", "libnothere.so.1"), (TOO_NEW, "probe_lost", "AVX2")],
    ids=["no library", "no AVX2"],
)
def test_the_doctor_names_the_reason_too(new_data: Path, tmp_path: Path, script: str, code: str, says: str) -> None:
    environment = engine(tmp_path / "engine", script)
    done = ddesk("doctor", "--json", "--data-dir", new_data, environment=environment)
    assert done.returncode == 1
    told = {each["code"]: each["words"] for each in json.loads(done.stdout)["problems"]}
    assert says in told[code]


def until_alert(live: Live) -> dict[str, str]:
    """The only one: that it is being started again would not be true."""
    alert = live.until_type("alert")
    assert alert["code"] == "worker_quarantined"
    return alert
