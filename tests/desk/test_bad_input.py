"""Whatever is asked for, the answer is a clear problem or a correct picture, and the desk lives on."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import OpenDesk
from tests.desk_process import DeskProcess
from tests.starter_model import CLIP_L, DIFFUSION
from tests.tensor_files import not_numbers

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a size beyond all memory": ({"width": 100_000, "height": 100_000}, "size_out_of_range"),
    "more pixels than any desk holds": ({"width": 4096, "height": 4096}, "size_too_large"),
    "sides that the model can't make": ({"width": 65, "height": 100}, "size_not_a_multiple"),
    "a size below zero": ({"width": -64, "height": 64}, "size_out_of_range"),
    "no steps": ({"steps": 0}, "invalid_request"),
    "too many steps": ({"steps": 100_000}, "invalid_request"),
    "a seed that is too large": ({"seed": 2**63}, "invalid_request"),
    "an endless batch": ({"batch": 10_000}, "invalid_request"),
    "an unknown sampler": ({"sampler": "zzz"}, "unknown_sampler"),
    "the engine's own end marker as sampler": ({"sampler": "sample_method_count"}, "unknown_sampler"),
    "an unknown preset": ({"preset": "nothing"}, "no_such_preset"),
    "a prompt with a NUL": ({"prompt": "a\0b"}, "bad_text"),
    "a prompt without end": ({"prompt": "red " * 10_000}, "invalid_request"),
    "a word for a number": ({"steps": "many"}, "invalid_request"),
    "an unknown field": ({"stepz": 4}, "invalid_request"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_a_code_and_what_to_do(first_desk: DeskProcess, name: str) -> None:
    wishes, code = REFUSED[name]
    answer = first_desk.http.post("/api/generations", json={"prompt": "a red car", **wishes})
    problem = answer.json()
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["code"], problem["status"]) == (code, answer.status_code)
    assert problem["detail"]
    assert problem["advice"]
    assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "body", ['{"prompt": "a", "cfg": NaN}', '{"prompt": "a", "cfg": Infinity}', "{", "", "[]", "\ud83d"]
)
def test_what_is_no_request_at_all_is_refused(first_desk: DeskProcess, body: str) -> None:
    content = body.encode("utf-8", "surrogatepass")
    answer = first_desk.http.post("/api/generations", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("invalid_request", "bad_request")


def test_a_prompt_of_the_strangest_text_is_drawn(first_desk: DeskProcess) -> None:
    made = first_desk.finished(first_desk.request("((((日本語 🤖 é (blue:1.5) [robot] \\( BREAK (:::) 100%s\n"))
    assert made["status"] == "completed"


def test_a_lora_that_can_not_be_used_fails_in_plain_words(first_desk: DeskProcess) -> None:
    pid = first_desk.worker()["pid"]
    made = first_desk.finished(first_desk.request("a red car <lora:wrong:1>"))
    assert (made["status"], made["failure"]["code"]) == ("failed", "invalid_work")
    assert "LoRA" in made["failure"]["words"]
    assert first_desk.worker()["pid"] == pid


def test_a_generation_that_is_not_there_is_not_found(first_desk: DeskProcess) -> None:
    answer = first_desk.http.post("/api/generations/nothing/cancel")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_generation")


def test_a_cursor_of_ones_own_making_is_refused(first_desk: DeskProcess) -> None:
    for cursor in ("zzz", "MA", "💥", "-1"):
        answer = first_desk.http.get("/api/images", params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


@pytest.mark.parametrize("bound", ["after", "before"])
def test_a_position_that_no_log_reaches_is_refused(first_desk: DeskProcess, bound: str) -> None:
    answer = first_desk.http.get("/api/events", params={bound: 10**19})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def truncated(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def damaged(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(8)
        file.write(b"\xff" * 64)


def exchanged(path: Path) -> None:
    size = path.stat().st_size
    path.write_bytes((b"hello world\n" * (size // 12 + 1))[:size])


Spoil = Callable[[Path], None]
SPOILED: dict[str, tuple[str, Spoil]] = {
    "a damaged text encoder": (CLIP_L, damaged),
    "a transformer that is some text": (DIFFUSION, exchanged),
}
GONE: dict[str, tuple[str, Spoil, str]] = {
    "a missing text encoder": (CLIP_L, Path.unlink, "model_file_missing"),
    "a truncated transformer": (DIFFUSION, truncated, "model_file_changed"),
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_model_file_that_would_end_the_process_is_caught_before_it_is_loaded(
    open_desk: OpenDesk, new_data: Path, name: str
) -> None:
    file, spoil = SPOILED[name]
    desk = open_desk()
    desk.until("WorkerReady", stream="worker-image")
    pid = desk.worker()["pid"]
    path = new_data / "models" / file
    _own_copy(path)
    spoil(path)
    made = desk.finished(desk.request())
    assert (made["status"], made["failure"]["code"]) == ("failed", "bad_model_file")
    assert path.name in made["failure"]["words"]
    assert desk.worker()["pid"] == pid
    assert desk.get("/internal/health")["ok"]


@pytest.mark.parametrize("name", GONE)
def test_a_model_file_that_is_not_there_whole_is_told_at_once(open_desk: OpenDesk, new_data: Path, name: str) -> None:
    file, spoil, code = GONE[name]
    desk = open_desk()
    path = new_data / "models" / file
    _own_copy(path)
    spoil(path)
    answer = desk.http.post("/api/generations", json={"prompt": "a red car"})
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert path.name in answer.json()["detail"]
    preset = desk.get("/api/presets/image")["items"][0]
    assert (preset["available"], preset["problem"]) == (False, answer.json()["detail"])


def test_a_model_file_that_goes_missing_while_a_picture_waits_fails_that_picture(
    open_desk: OpenDesk, new_data: Path
) -> None:
    desk = open_desk()
    desk.post("/api/queue/pause")
    id_ = desk.request()
    (new_data / "models" / CLIP_L).unlink()
    desk.post("/api/queue/resume")
    made = desk.finished(id_)
    assert (made["status"], made["failure"]["code"]) == ("failed", "model_file_missing")


def _own_copy(path: Path) -> None:
    """The file is a link to one that other tests share."""
    beside = path.with_suffix(".own")
    shutil.copy2(path, beside)
    beside.replace(path)


def test_settings_are_checked_before_they_are_written(first_desk: DeskProcess) -> None:
    def change(key: str, value: Any) -> Any:
        return first_desk.http.put(f"/api/settings/{key}", json={"value": value})

    assert change("nothing", 1).json()["code"] == "unknown_setting"
    assert change("thumbnail_side", None).json()["code"] == "bad_setting"
    assert change("thumbnail_side", 10_000_000).json()["code"] == "bad_setting"
    assert change("thumbnail_side", 300).json()["value"] == 300
    assert first_desk.until("SettingChanged", stream="settings")["data"]["key"] == "thumbnail_side"
    assert "thumbnail_side = 300" in (first_desk.data / "settings.toml").read_text()
    change("thumbnail_side", 320).raise_for_status()


def test_a_blank_picture_is_tried_once_more_with_care_and_then_an_error(open_desk: OpenDesk, new_data: Path) -> None:
    path = new_data / "models" / DIFFUSION
    _own_copy(path)
    desk = open_desk()
    not_numbers(path, "img_in.weight")
    with desk.live() as live:
        live.until_type("ready")
        id_ = desk.request()
        first = live.until_type("alert")
        second = live.until_type("alert")
    assert [first["code"], second["code"]] == ["blank_image", "blank_image"]
    assert (first["level"], second["level"]) == ("warning", "error")
    made = desk.generation(id_)
    assert (made["status"], made["failure"]["code"], made["attempts"]) == ("failed", "blank_image", 2)
    told = desk.get(f"/api/events?after=0&stream=generation-{id_}")["items"]
    retried = next(each for each in told if each["type"] == "GenerationRetried")
    assert retried["data"] == {"why": "conservative", "mitigations": ["vae_tiling"], "memory_ran_out": False}
    assert desk.get("/api/images")["items"] == []
    assert not list((new_data / "images").rglob("*.png"))
