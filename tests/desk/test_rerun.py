"""Pictures made again by the real engine, and what is said of what made them."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import OpenDesk
from tests.desk_process import DeskProcess, ddesk
from tests.starter_model import DIFFUSION


@pytest.fixture(scope="module")
def fish(first_desk: DeskProcess) -> Any:
    """A generation of two pictures, made once for this module."""
    return first_desk.finished(first_desk.request("a green fish", batch=2))


def origin(desk: DeskProcess, image_id: str) -> Any:
    return desk.get(f"/api/images/{image_id}/origin")


def rerun(desk: DeskProcess, image_id: str, changes: object = None) -> Any:
    """The comparison of what it led to."""
    asked = desk.post(f"/api/images/{image_id}/rerun", changes)
    assert desk.finished(asked["id"])["status"] == "completed"
    return desk.get(f"/api/generations/{asked['id']}/comparison")


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_the_device_that_makes_pictures_is_written_down(first_desk: DeskProcess, fish: Any) -> None:
    events = first_desk.get(f"/api/events?after=0&stream=generation-{fish['id']}")["items"]
    ready = first_desk.until("WorkerReady", stream="worker-image")["data"]
    engine = next(each for each in events if each["type"] == "GenerationStarted")["data"]["engine"]
    assert engine["device"] == ready["device"]
    assert len(engine["device"]) > 2


def test_the_second_picture_of_a_batch_comes_out_identical_on_its_own(first_desk: DeskProcess, fish: Any) -> None:
    image_id = fish["images"][1]
    compared = rerun(first_desk, image_id)
    assert (compared["image"], compared["identical"], compared["differing"]) == (image_id, True, [])
    assert compared["rerun"] not in fish["images"]
    made_by = first_desk.get(f"/api/images/{compared['rerun']}")["generation"]
    requested = first_desk.get(f"/api/events?after=0&stream=generation-{made_by}")["items"][0]
    assert requested["data"]["rerun_of"] == image_id


def test_a_forced_sampler_is_the_fact_that_differs(first_desk: DeskProcess, fish: Any) -> None:
    compared = rerun(first_desk, fish["images"][0], {"sampler": "heun"})
    assert not compared["identical"]
    assert compared["differing"] == [{"field": "sampler", "then": "euler", "now": "heun"}]


def test_a_picture_whose_files_and_engine_are_as_they_were_can_be_made_again_exactly(
    first_desk: DeskProcess, fish: Any
) -> None:
    assert origin(first_desk, fish["images"][0]) == {"verdict": "exact", "fields": []}


def test_a_model_file_that_changed_or_went_is_named(open_desk: OpenDesk, new_data: Path) -> None:
    desk = open_desk()
    image_id = desk.finished(desk.request())["images"][0]
    path = new_data / "models" / DIFFUSION
    content = bytearray(path.read_bytes())
    path.unlink()
    content[-1] ^= 1
    path.write_bytes(content)
    changed = origin(desk, image_id)
    assert changed["verdict"] == "cannot"
    assert [each["field"] for each in changed["fields"]] == ["model_files.diffusion.sha256"]
    assert [each["field"] for each in rerun(desk, image_id)["differing"]] == ["model_files.diffusion.sha256"]
    path.unlink()
    gone = origin(desk, image_id)
    assert [each["now"] for each in gone["fields"]] == [None, None]
    answer = desk.http.post(f"/api/images/{image_id}/rerun")
    assert refusal(answer) == (409, "model_file_missing")


def test_what_is_no_picture_or_no_rerun_is_refused(first_desk: DeskProcess, fish: Any) -> None:
    assert refusal(first_desk.http.get("/api/images/nothing/origin")) == (404, "no_such_image")
    assert refusal(first_desk.http.post("/api/images/nothing/rerun")) == (404, "no_such_image")
    assert refusal(first_desk.http.get("/api/generations/nothing/comparison")) == (404, "no_such_generation")
    assert refusal(first_desk.http.get(f"/api/generations/{fish['id']}/comparison")) == (409, "no_rerun")
    unknown = first_desk.http.post(f"/api/images/{fish['images'][0]}/rerun", json={"sampler": "zzz"})
    assert refusal(unknown) == (422, "unknown_sampler")


def test_a_removed_picture_can_be_made_again_until_its_words_are_forgotten(first_desk: DeskProcess) -> None:
    made = first_desk.finished(first_desk.request("a secret"))
    image_id = made["images"][0]
    first_desk.post(f"/api/images/{image_id}/trash")
    first_desk.http.post(f"/api/images/{image_id}/purge").raise_for_status()
    assert rerun(first_desk, image_id)["identical"]
    first_desk.http.post(f"/api/generations/{made['id']}/forget").raise_for_status()
    found = origin(first_desk, image_id)
    assert found["verdict"] == "cannot"
    assert [each["field"] for each in found["fields"]] == ["prompt", "negative_prompt"]
    assert refusal(first_desk.http.post(f"/api/images/{image_id}/rerun")) == (409, "prompt_forgotten")


def test_the_same_rerun_asked_for_twice_is_done_once(first_desk: DeskProcess, fish: Any) -> None:
    address, key = f"/api/images/{fish['images'][0]}/rerun", {"Idempotency-Key": "rerun-once"}
    first, second = (first_desk.http.post(address, headers=key).json()["id"] for _ in range(2))
    assert first == second
    first_desk.finished(first)


def test_rerun_by_the_running_desk_says_identical(first_desk: DeskProcess, fish: Any) -> None:
    done = ddesk("rerun", fish["id"], "--data-dir", first_desk.data)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["identical", "identical"]
    assert all(Path(line.partition(": ")[2]).is_file() for line in lines)


def test_rerun_starts_a_desk_where_none_runs_and_says_which_fact_differs(open_desk: OpenDesk, new_data: Path) -> None:
    desk = open_desk()
    image_id = desk.finished(desk.request())["images"][0]
    assert desk.stop() == 0
    done = ddesk("--data-dir", new_data, "rerun", image_id, "--sampler", "heun")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("different: ")
    assert done.stdout.splitlines()[1:] == ["  sampler: euler → heun"]
    assert not (new_data / "desk.json").exists()


def test_rerun_says_what_it_can_not_make(first_desk: DeskProcess, tmp_path: Path) -> None:
    unknown = ddesk("rerun", "nothing", "--data-dir", first_desk.data)
    assert unknown.returncode == 1
    assert "There is no generation 'nothing'" in unknown.stderr
    nowhere = ddesk("rerun", "nothing", "--data-dir", tmp_path / "empty")
    assert nowhere.returncode == 1
    assert not (tmp_path / "empty").exists()
