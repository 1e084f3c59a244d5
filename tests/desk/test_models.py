"""The model library through the desk's own door: the list, what fits together, further roots, and bad questions."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import OpenDesk
from tests.desk_process import DeskProcess, ddesk
from tests.starter_model import CLIP_L, DIFFUSION, TAESD, UPSCALER
from tests.workers.probe.making import safetensors

STARTER = [DIFFUSION, CLIP_L, TAESD]
BROUGHT = sorted([*STARTER, UPSCALER])


def scanned(desk: DeskProcess) -> dict[str, Any]:
    """By name, once all that is there was looked into."""
    desk.post("/api/models/scan")
    return {each["name"]: each for each in desk.get("/api/models")["items"]}


def refused(desk: DeskProcess, method: str, path: str, body: object = None) -> tuple[int, str]:
    answer = desk.http.request(method, path, json=body)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["advice"]
    return answer.status_code, problem["code"]


def test_the_starters_files_are_told_for_what_they_are(first_desk: DeskProcess) -> None:
    found = scanned(first_desk)
    assert list(found) == BROUGHT
    flux, clip, tiny, larger = (found[name] for name in (*STARTER, UPSCALER))
    assert (flux["family"], flux["parts"], flux["format"], flux["quantisation"]) == (
        "flux",
        ["diffusion"],
        "safetensors",
        "f16",
    )
    assert (clip["parts"], clip["quantisation"], tiny["parts"]) == (["clip_l"], "q8_0", ["taesd"])
    assert (larger["kind"], larger["parts"], larger["quantisation"]) == ("esrgan", ["upscaler"], "f16")
    assert all(each["ok"] and each["inspected"] and not each["pickle"] for each in found.values())
    assert flux["weights"]["diffusion"] > 4_000_000
    assert first_desk.get(f"/api/models/{flux['id']}")["name"] == flux["name"]


def test_the_list_is_filtered_and_paged(first_desk: DeskProcess) -> None:
    scanned(first_desk)

    def names(query: str) -> list[str]:
        return [each["name"] for each in first_desk.get(f"/api/models?{query}")["items"]]

    assert names("family=flux") == names("part=diffusion") == names("kind=flux") == STARTER[:1]
    assert names("text=TAE") == STARTER[2:]
    assert names("damaged=true") == names("family=sdxl") == []
    pages, cursor = [], ""
    while True:
        page = first_desk.get(f"/api/models?limit=1{cursor}")
        pages.append([each["name"] for each in page["items"]])
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert pages == [[name] for name in BROUGHT]


def test_a_set_is_checked_and_partners_are_proposed(first_desk: DeskProcess) -> None:
    found = scanned(first_desk)
    flux, clip, tiny = (found[name]["id"] for name in STARTER)
    asked = first_desk.post("/api/models/check", {"files": {"diffusion": flux}})
    assert (asked["ok"], asked["family"]) == (False, "flux")
    assert [each["part"] for each in asked["problems"]] == ["clip_l", "vae"]
    assert asked["problems"][1]["words"].startswith("For FLUX.1 the preset lacks a file: autoencoder (VAE)")
    assert asked["proposed"] == {"clip_l": clip, "taesd": tiny}
    assert asked["partners"]["taesd"] == [{"id": tiny, "name": STARTER[2]}]
    whole = first_desk.post("/api/models/check", {"files": {"diffusion": flux, **asked["proposed"]}})
    assert (whole["ok"], whole["problems"], whole["partners"]) == (True, [], {})
    assert whole["weights"].keys() == {"diffusion", "text_encoders", "vae"}


def test_families_say_what_they_need(first_desk: DeskProcess) -> None:
    told = first_desk.get("/api/models/families")
    assert told["parts"]["clip_l"] == "CLIP-L text encoder"
    flux = next(each for each in told["families"] if each["id"] == "flux")
    assert (flux["title"], flux["forms"]) == ("FLUX.1", ["model", "diffusion"])


def test_bad_questions_are_refused(first_desk: DeskProcess) -> None:
    assert refused(first_desk, "GET", "/api/models/0123456789abcdef") == (404, "no_such_model")
    assert refused(first_desk, "GET", "/api/models?cursor=zzz") == (422, "bad_cursor")
    assert refused(first_desk, "GET", "/api/models?limit=0") == (422, "invalid_request")
    assert refused(first_desk, "POST", "/api/models/check", {"files": {"vae": "nothing"}}) == (404, "no_such_model")
    bodies: list[object] = [
        {},
        {"files": []},
        {"files": {"vae": 7}},
        {"files": {}, "x": 1},
        {"files": {"vae": "x" * 99}},
    ]
    for body in bodies:
        assert refused(first_desk, "POST", "/api/models/check", body) == (422, "invalid_request")


def test_a_further_root_is_watched_from_the_moment_it_is_named(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk, more = open_desk(), tmp_path / "more"
    shutil.copytree(desk.data / "models" / "vae", more / "vae")
    (more / "cut.gguf").write_bytes(b"GGUF\x03")
    scanned(desk)
    with desk.live() as live:
        changed = desk.http.put("/api/settings/model_roots", json={"value": [str(more)]}).raise_for_status().json()
        assert (changed["kind"], changed["value"], changed["restart"]) == ("list", [str(more)], False)
        live.until(lambda told: told["type"] == "models" and told["files"] == len(BROUGHT) + 2 and told["unknown"] == 0)
    cut = next(each for each in desk.get("/api/models?damaged=true")["items"])
    assert (cut["name"], cut["root"], cut["problems"][0]["code"]) == ("cut.gguf", str(more), "damaged")
    assert [(each["own"], each["files"]) for each in desk.get("/api/models/roots")["items"]] == [
        (True, len(BROUGHT)),
        (False, 2),
    ]

    position = desk.get("/api/events?type=SettingChanged&limit=1")["items"][0]["position"]
    desk.http.post(f"/api/undo/{position}").raise_for_status()
    desk.post("/api/models/scan")
    assert len(desk.get("/api/models/roots")["items"]) == 1
    assert desk.get("/api/models?damaged=true")["items"] == []


@pytest.mark.parametrize("roots", [["models"], [""], "models", [7], ["/a"] * 33])
def test_roots_that_make_no_sense_are_refused(first_desk: DeskProcess, roots: object) -> None:
    assert refused(first_desk, "PUT", "/api/settings/model_roots", {"value": roots}) == (422, "bad_setting")


def test_roots_come_from_the_environment_too(open_desk: OpenDesk, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    desk = open_desk(environment={"DDESK_MODEL_ROOTS": f"{one}:{other}"})
    scanned(desk)
    _, *further = desk.get("/api/models/roots")["items"]
    assert [each["path"] for each in further] == [str(one), str(other)]
    assert all("is not there" in each["problem"] for each in further)


def test_files_are_hashed_in_the_background_and_stay_so(open_desk: OpenDesk) -> None:
    desk = open_desk()
    sha256 = hashlib.sha256((desk.data / "models" / STARTER[0]).read_bytes()).hexdigest()
    with desk.live() as live:
        while not all(each["sha256"] for each in scanned(desk).values()):
            live.until_type("models")
    flux = scanned(desk)[STARTER[0]]
    assert (flux["sha256"], flux["short_hash"]) == (sha256, sha256[:10])
    assert desk.stop() == 0
    assert scanned(open_desk())[STARTER[0]]["sha256"] == sha256


def test_a_preset_whose_file_lies_below_another_root_makes_pictures(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk, more = open_desk(), tmp_path / "more"
    desk.http.put("/api/settings/model_roots", json={"value": [str(more)]}).raise_for_status()
    (more / "vae").mkdir(parents=True)
    (desk.data / "models" / STARTER[2]).rename(more / STARTER[2])
    assert desk.finished(desk.request())["status"] == "completed"


def test_before_any_load_a_preset_says_which_file_does_not_fit(open_desk: OpenDesk, new_data: Path) -> None:
    """A VAE of another family, of just the size that the preset's had."""
    desk = open_desk()
    path = new_data / "models" / STARTER[2]
    size = path.stat().st_size
    path.unlink()
    layers = {"decoder.conv_in": (512, 4, 3, 3), "decoder.conv_out": (3, 128, 3, 3)}
    safetensors(path, {f"{name}.{end}": shape[: 1 if end == "bias" else 4] for name, shape in layers.items()
                       for end in ("weight", "bias")})  # fmt: skip
    with path.open("ab") as file:
        file.truncate(size)
    failure = desk.finished(desk.request())["failure"]
    assert failure["code"] == "bad_model_file"
    assert "stands where the preset wants a tiny autoencoder (TAESD)" in failure["words"]
    assert not [each for each in desk.story_of("worker-image") if each == "ModelLoaded"]


@pytest.mark.parametrize("is_running", [True, False])
def test_the_terminal_lists_them_with_and_without_a_desk(open_desk: OpenDesk, is_running: bool) -> None:
    desk = open_desk()
    (desk.data / "models" / "vae" / "page.safetensors").write_text("<!DOCTYPE html>")
    if not is_running:
        assert desk.stop() == 0
    listed = ddesk("models", "--data-dir", desk.data)
    assert listed.returncode == 1
    assert "FLUX.1 transformer" in listed.stdout
    assert "✗ page.safetensors is no model but a web page" in listed.stdout
    assert f"{len(BROUGHT) + 1} files, 1 of which can't be used." in listed.stdout
    damaged = ddesk("models", "--damaged", "--json", "--data-dir", desk.data)
    assert [each["name"] for each in json.loads(damaged.stdout)] == ["vae/page.safetensors"]
    family = ddesk("models", "--family", "flux", "--data-dir", desk.data)
    assert (family.returncode, "1 file, 0 of which" in family.stdout) == (0, True)
    examined = json.loads(ddesk("doctor", "--json", "--data-dir", desk.data).stdout)
    assert examined["model_files"] == {
        "roots": [str(desk.data / "models")],
        "files": len(BROUGHT) + 1,
        "unusable": 1,
    }


def test_the_terminal_looks_at_files_wherever_they_lie(first_desk: DeskProcess, tmp_path: Path) -> None:
    path = first_desk.data / "models" / STARTER[1]
    told = ddesk("models", path, "--data-dir", tmp_path / "none")
    assert (told.returncode, "CLIP-L text encoder" in told.stdout) == (0, True)
    gone = ddesk("models", tmp_path / "gone.gguf", "--data-dir", tmp_path / "none")
    assert (gone.returncode, "gone.gguf is not there" in gone.stdout) == (1, True)
    assert not (tmp_path / "none").exists()
