"""`ddesk` as it is typed."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from PIL import Image

from tests.conftest import OpenDesk
from tests.desk.test_losses import LONG, until_sampling
from tests.desk_process import SECONDS, DeskProcess, ddesk
from tests.starter_model import TAESD


def test_generate_starts_a_desk_for_the_job_and_leaves_nothing_running(new_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    arguments = ("generate", "a red circle", "-o", out, "--seed", "7", "--steps", "2", "--size", "64x64")
    done = ddesk("--data-dir", new_data, *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(out)
    with Image.open(out) as picture:
        assert picture.size == (64, 64)
        assert "Seed: 7" in picture.info["parameters"]
    assert not (new_data / "desk.json").exists()


def test_generate_uses_the_desk_that_runs(first_desk: DeskProcess) -> None:
    before = len(first_desk.get("/api/generations?limit=500")["items"])
    done = ddesk("generate", "a green fish", "--steps", "2", "--size", "64x64", "--data-dir", first_desk.data)
    assert done.returncode == 0, done.stderr
    with Image.open(done.stdout.strip()) as picture:
        assert picture.size == (64, 64)
    listed = first_desk.get("/api/generations?limit=500")["items"]
    assert len(listed) == before + 1
    requested = first_desk.get(f"/api/events?after=0&stream=generation-{listed[0]['id']}")["items"][0]
    assert requested["actor"] == "api:cli"


def test_generate_tells_a_refusal_in_the_desks_words(first_desk: DeskProcess) -> None:
    done = ddesk("generate", "a red car", "--size", "65x64", "--data-dir", first_desk.data)
    assert done.returncode == 1
    assert "multiples of 8 pixels" in done.stderr
    assert "Choose 64 or 72" in done.stderr
    assert "Traceback" not in done.stderr


def test_generate_asks_for_nothing_that_it_could_not_put_down(tmp_path: Path) -> None:
    done = ddesk("--data-dir", tmp_path / "data", "generate", "a red car", "-o", tmp_path / "nowhere" / "out.png")
    assert done.returncode == 1
    assert f"There is no folder {tmp_path / 'nowhere'}" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_second_start_shows_the_desk_that_runs(first_desk: DeskProcess) -> None:
    done = ddesk("--data-dir", first_desk.data, "--no-browser", "--port", "0")
    assert done.returncode == 0, done.stderr
    assert f"is running already: {first_desk.url}/#code=" in done.stdout


def test_another_directory_is_another_desk_beside_it(first_desk: DeskProcess, open_desk: OpenDesk) -> None:
    other = open_desk()
    assert other.url != first_desk.url
    assert other.get("/api/system")["data_dir"] != first_desk.get("/api/system")["data_dir"]


def test_a_taken_port_leads_to_the_next_free_one(open_desk: OpenDesk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        desk = open_desk("--port", str(port))
        assert port < int(desk.url.rpartition(":")[2]) <= port + 20


def test_another_address_than_this_machines_is_refused(tmp_path: Path) -> None:
    done = ddesk("--host", "0.0.0.0", "--no-browser", "--data-dir", tmp_path / "data")
    assert done.returncode == 1
    assert "listens only on this machine" in done.stderr


def test_a_bad_setting_is_told_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("prot = 7433\n")
    done = ddesk("--no-browser", "--data-dir", tmp_path)
    assert done.returncode == 1
    assert "'prot'" in done.stderr
    assert "Did you mean 'port'?" in done.stderr


def test_the_doctor_says_what_is_there(first_desk: DeskProcess) -> None:
    done = ddesk("doctor", "--json", "--data-dir", first_desk.data)
    report = json.loads(done.stdout)
    assert done.returncode == 0, report["problems"]
    assert report["running_at"] == first_desk.url
    assert report["models"][0]["ok"]
    assert {"stable-diffusion.cpp", "llama.cpp"} <= {each["name"] for each in report["engines"]["engines"]}
    assert report["devices"]["devices"]
    told = ddesk("doctor", "--data-dir", first_desk.data)
    assert "Nothing is wrong." in told.stdout
    assert "AVX2" in told.stdout
    assert 'stable-diffusion-cpp-python = { CMAKE_ARGS = "-DSD_CUDA=ON" }' in told.stdout


def test_the_doctor_says_what_is_wrong_and_what_to_do(new_data: Path) -> None:
    model = new_data / "models" / TAESD
    content = model.read_bytes()
    model.unlink()
    model.write_bytes(content[: len(content) // 2])
    done = ddesk("doctor", "--json", "--data-dir", new_data)
    problems = json.loads(done.stdout)["problems"]
    assert done.returncode == 1
    assert [each["code"] for each in problems] == ["bad_model_file"]
    assert problems[0]["advice"]


def test_ctrl_c_ends_the_desk_and_its_workers_cleanly(open_desk: OpenDesk, new_data: Path) -> None:
    desk = open_desk()
    desk.until("WorkerReady", stream="worker-image")
    processes = desk.processes()
    assert len(processes) >= 3
    assert desk.stop() == 0
    assert not psutil.wait_procs(processes, timeout=2)[1]
    assert not (new_data / "desk.json").exists()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_other_ways_of_being_asked_to_end_are_as_clean(open_desk: OpenDesk, name: str) -> None:
    desk = open_desk()
    processes = desk.processes()
    desk.process.send_signal(getattr(signal, name))
    assert desk.process.wait(SECONDS) == 0
    assert not psutil.wait_procs(processes, timeout=2)[1]


def test_a_second_ctrl_c_does_not_wait(open_desk: OpenDesk) -> None:
    desk = open_desk()
    with desk.live() as live:
        live.until_type("ready")
        id_ = desk.request(seed=1, **LONG)
        until_sampling(live, id_)
        processes = desk.processes()
        os.kill(desk.worker()["pid"], signal.SIGSTOP)
        desk.process.send_signal(signal.SIGINT)
        desk.process.send_signal(signal.SIGINT)
        assert desk.process.wait(SECONDS) in (0, 130)
    assert not psutil.wait_procs(processes, timeout=3)[1]


WITHOUT = """
import sys
sys.argv = ["ddesk", "worker", "nothing"]
from ddesk.cli import main
main()
heavy = [name for name in ("litestar", "uvicorn", "apsw", "httpx") if name in sys.modules]
assert not heavy, heavy
"""


@pytest.mark.quick
def test_a_worker_does_not_load_the_server() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "usage: ddesk worker" in done.stderr


@pytest.mark.quick
def test_the_data_directory_may_be_named_before_or_after_a_subcommand(tmp_path: Path) -> None:
    before = ddesk("--data-dir", tmp_path, "log", "verify")
    between = ddesk("log", "--data-dir", tmp_path, "verify")
    after = ddesk("log", "verify", "--data-dir", tmp_path)
    for each in (before, between, after):
        assert each.returncode == 1
        assert f"There is no log in {tmp_path}" in each.stderr
