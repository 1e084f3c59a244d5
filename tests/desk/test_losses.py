"""A worker may die at any time, and so may the desk: nothing that was acknowledged is lost."""

import os
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import OpenDesk
from tests.desk_process import SECONDS, DeskProcess, Live

LONG: dict[str, Any] = {"width": 256, "height": 256, "steps": 24}
"""Long enough to be caught in the middle of."""


def until_sampling(live: Live, id_: str) -> None:
    live.until(lambda told: told["type"] == "progress" and told["generation"] == id_ and told["phase"] == "sampling")


def test_a_killed_image_worker_is_restarted_and_the_work_comes_back_to_the_front(desk: DeskProcess) -> None:
    with desk.live() as live:
        live.until_type("ready")
        first = desk.request(seed=1, **LONG)
        second = desk.request(seed=2)
        until_sampling(live, first)
        os.kill(desk.worker()["pid"], signal.SIGKILL)
        alert = live.until_type("alert")
        assert (alert["code"], alert["level"]) == ("worker_lost", "error")
        lost = live.until_event("WorkerLost", "GenerationInterrupted")
        retried = live.until_event("GenerationRetried", stream=f"generation-{first}")
        assert lost["position"] < retried["position"]
        assert desk.get("/internal/health")["ok"]
        assert [each["id"] for each in desk.get("/api/queue")["queued"]][-1] == second
        live.until_event("GenerationCompleted", stream=f"generation-{first}")
        live.until_event("GenerationCompleted", stream=f"generation-{second}")
    assert desk.worker()["restarts"] == 1
    assert desk.story(first) == [
        "GenerationRequested",
        "GenerationStarted",
        "GenerationInterrupted",
        "GenerationRetried",
        "GenerationStarted",
        "ImageGenerated",
        "GenerationCompleted",
    ]
    assert desk.generation(first)["attempts"] == 2


def test_work_that_loses_its_worker_twice_waits_for_a_person(desk: DeskProcess) -> None:
    with desk.live() as live:
        live.until_type("ready")
        id_ = desk.request(seed=1, **LONG)
        for _ in range(2):
            live.until_event("GenerationStarted", stream=f"generation-{id_}")
            until_sampling(live, id_)
            os.kill(desk.worker()["pid"], signal.SIGKILL)
            live.until_event("GenerationInterrupted", stream=f"generation-{id_}")
        made = desk.generation(id_)
        assert (made["status"], made["failure"]["code"]) == ("interrupted", "killed")
        assert [each["id"] for each in desk.get("/api/queue")["interrupted"]] == [id_]
        desk.post(f"/api/generations/{id_}/retry")
        live.until_event("GenerationCompleted", stream=f"generation-{id_}")


def test_five_queued_pictures_outlive_a_killed_desk_in_their_order(open_desk: OpenDesk) -> None:
    desk = open_desk()
    with desk.live() as live:
        live.until_type("ready")
        asked = [desk.request(seed=1, **LONG), *(desk.request(seed=seed) for seed in range(2, 6))]
        until_sampling(live, asked[0])
    left_behind = desk.processes()
    desk.kill()
    _, alive = psutil.wait_procs(left_behind, timeout=3)
    assert not alive, "no process outlives its desk by three seconds"
    again = open_desk()
    ends = [again.until("GenerationCompleted", stream=f"generation-{id_}")["position"] for id_ in asked]
    assert ends == sorted(ends)
    assert again.story(asked[0])[:4] == [
        "GenerationRequested",
        "GenerationStarted",
        "GenerationInterrupted",
        "GenerationRetried",
    ]


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 0), ("SIGTERM", 0), ("SIGHUP", 0), ("SIGKILL", -signal.SIGKILL)])
def test_whatever_ends_the_desk_leaves_nothing_behind_and_its_work_goes_on_first(
    open_desk: OpenDesk, name: str, code: int
) -> None:
    desk = open_desk()
    with desk.live() as live:
        live.until_type("ready")
        first, second = desk.request(seed=1, **LONG), desk.request(seed=2)
        until_sampling(live, first)
    head, processes = desk.get("/api/system")["log_position"], desk.processes()
    desk.process.send_signal(getattr(signal, name))
    assert desk.process.wait(SECONDS) == code
    assert not psutil.wait_procs(processes, timeout=3)[1]
    again = open_desk()
    retried = again.until("GenerationRetried", stream=f"generation-{first}", after=head)
    started = again.until("GenerationStarted", after=retried["position"])
    assert started["stream"] == f"generation-{first}"
    for id_ in (second, first):
        again.post(f"/api/generations/{id_}/cancel")
    assert again.get("/internal/health")["ok"]


def test_a_thumbnail_whose_worker_was_killed_is_made_after_all(desk: DeskProcess) -> None:
    os.kill(desk.worker("media")["pid"], signal.SIGKILL)
    made = desk.finished(desk.request())
    desk.until("ImageThumbnailMade", stream=f"image-{made['images'][0]}")
    assert desk.get(f"/api/images/{made['images'][0]}")["thumbnail"]


def test_a_thumbnail_that_was_never_made_is_made_at_the_next_start(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.until("WorkerReady", stream="worker-media")
    media = psutil.Process(desk.worker("media")["pid"])
    media.suspend()
    made = desk.finished(desk.request())
    job = desk.until("JobEnqueued")
    desk.kill()
    again = open_desk()
    completed = again.until("JobCompleted", stream=job["stream"])
    assert completed["position"] > job["position"]
    assert again.get(f"/api/images/{made['images'][0]}")["thumbnail"]


def test_closing_the_desk_puts_running_work_back_without_blame(open_desk: OpenDesk, new_data: Path) -> None:
    desk = open_desk()
    with desk.live() as live:
        live.until_type("ready")
        id_ = desk.request(seed=1, **LONG)
        until_sampling(live, id_)
    processes = desk.processes()
    assert desk.stop() == 0
    assert not psutil.wait_procs(processes, timeout=3)[1]
    assert not (new_data / "desk.json").exists()
    again = open_desk()
    told = again.get(f"/api/events?after=0&stream=generation-{id_}")["items"]
    interrupted = next(each for each in told if each["type"] == "GenerationInterrupted")
    assert interrupted["data"]["why"] == "desk_closed"
    assert again.finished(id_)["status"] == "completed"


def test_a_hung_worker_is_noticed_and_replaced(desk: DeskProcess) -> None:
    with desk.live() as live:
        live.until_type("ready")
        psutil.Process(desk.worker()["pid"]).suspend()
        lost = live.until_event("WorkerLost", stream="worker-image")
        assert lost["data"]["cause"] == "hung"
        live.until_event("WorkerReady", stream="worker-image")


def test_everything_is_there_after_a_restart(open_desk: OpenDesk) -> None:
    desk = open_desk()
    made = desk.finished(desk.request("a green fish", seed=9))
    desk.until("ImageThumbnailMade")
    images = desk.get("/api/images")
    desk.stop()
    again = open_desk()
    assert again.get("/api/images") == images
    assert again.generation(made["id"]) == made


def test_a_browsers_session_outlives_a_restart(open_desk: OpenDesk) -> None:
    desk = open_desk()
    code = desk.launch_url.split("#code=")[1]
    cookie = desk.http.post("/api/session", json={"code": code}).headers["set-cookie"].split(";")[0]
    desk.stop()
    again = open_desk()
    answer = again.http.get("/api/system", headers={"Authorization": "", "Cookie": cookie}, timeout=SECONDS)
    assert answer.status_code == 200


def test_a_stale_session_file_is_overwritten(open_desk: OpenDesk, new_data: Path) -> None:
    (new_data / "desk.json").write_text('{"url": "http://127.0.0.1:1", "token": "old", "pid": 1}')
    desk = open_desk()
    assert desk.token != "old"
    assert desk.get("/internal/health")["ok"]


def test_a_setting_that_was_edited_by_hand_is_remembered_with_its_source(open_desk: OpenDesk, new_data: Path) -> None:
    open_desk().stop()
    (new_data / "settings.toml").write_text("thumbnail_side = 200\n")
    for _ in range(2):
        desk = open_desk()
        changes = desk.get("/api/events?stream=settings")["items"]
        desk.stop()
    assert [each["data"] for each in changes] == [
        {"key": "thumbnail_side", "source": "file", "old": "320", "new": "200"}
    ]
