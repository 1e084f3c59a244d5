"""A desk goes on with the log that an earlier version left."""

from pathlib import Path

from ddesk import paths
from ddesk.store import starter
from tests.conftest import OpenDesk
from tests.desk.test_log import ddesk
from tests.store.older_log import EVENTS, lay_out, lay_out_models


def test_a_desk_shows_what_is_in_it_and_goes_on_with_it(open_desk: OpenDesk, new_data: Path) -> None:
    lay_out(new_data)
    lay_out_models(new_data)
    desk = open_desk()
    before = desk.get("/api/images")["items"]
    assert [each["seed"] for each in before] == [8, 3, 12, 11, 7]
    queue = desk.get("/api/queue")
    (waiting,) = queue["queued"]
    (interrupted,) = queue["interrupted"]
    assert queue["paused"]
    assert waiting["recipe"]["prompt"] == "a yellow star, made by the next version"
    desk.post("/api/queue/resume")
    assert desk.finished(waiting["id"])["status"] == "completed"
    desk.post(f"/api/generations/{interrupted['id']}/retry")
    again = desk.until("GenerationCompleted", stream=f"generation-{interrupted['id']}", after=EVENTS)
    desk.post(f"/api/images/{before[0]['id']}/rate", {"rating": 4})
    assert desk.get(f"/api/images/{before[0]['id']}")["rating"] == 4
    desk.until("JobCompleted", after=again["position"])
    assert desk.get("/internal/health")["ok"]
    assert len(desk.get("/api/images")["items"]) == 7
    assert desk.stop() == 0
    assert ddesk(new_data, "log", "verify").returncode == 0


def test_a_picture_that_is_made_again_with_another_starter_says_that_its_files_differ(
    open_desk: OpenDesk, new_data: Path
) -> None:
    lay_out(new_data)
    earlier = lay_out_models(new_data)
    desk = open_desk()
    today = {file.name for file in starter.manifest(paths.defaults()).files}
    assert not today & earlier
    (preset,) = desk.get("/api/presets/image")["items"]
    assert {file["name"] for file in preset["files"]} == today
    made_then = desk.get("/api/images")["items"][0]["id"]
    desk.post("/api/queue/resume")
    again = desk.post(f"/api/images/{made_then}/rerun")
    assert desk.finished(again["id"])["status"] == "completed"
    differing = {each["field"] for each in desk.get(f"/api/generations/{again['id']}/comparison")["differing"]}
    assert {f"model_files.{part}.sha256" for part in ("diffusion", "clip_l", "taesd")} <= differing
