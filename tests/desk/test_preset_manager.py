"""Presets assembled from model files, edited, copied and sent to another desk, over HTTP and with the real engine."""

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import OpenDesk
from tests.desk.test_models import STARTER, scanned
from tests.desk_process import DeskProcess
from tests.model_variants import in_bf16, in_f32
from tests.starter_model import TAESD

PRESETS = "/api/presets/image"
PARTS = ("diffusion", "clip_l", "taesd")
SMALL = {"width": 64, "height": 64, "steps": 2}


def starter_files(desk: DeskProcess) -> dict[str, str]:
    """Ids by part."""
    found = scanned(desk)
    return {part: found[name]["id"] for part, name in zip(PARTS, STARTER, strict=True)}


def with_variant(desk: DeskProcess) -> dict[str, str]:
    """The starter's files, with its diffusion model in another precision."""
    models = desk.data / "models"
    in_f32(models / STARTER[0], models / "diffusion_models" / "starter-f32.safetensors")
    return {**starter_files(desk), "diffusion": scanned(desk)["diffusion_models/starter-f32.safetensors"]["id"]}


def create(desk: DeskProcess, files: dict[str, str], **fields: Any) -> Any:
    return desk.post(PRESETS, {"name": "Mine", "files": files, **SMALL, **fields})


def edit(desk: DeskProcess, id_: str, **fields: Any) -> Any:
    return desk.http.patch(f"{PRESETS}/{id_}", json=fields).raise_for_status().json()


def listed(desk: DeskProcess) -> dict[str, Any]:
    return {each["id"]: each for each in desk.get(PRESETS)["items"]}


def undo_newest(desk: DeskProcess, kind: str) -> Any:
    position = desk.get(f"/api/events?type={kind}&limit=1")["items"][0]["position"]
    return desk.post(f"/api/undo/{position}")


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["advice"]
    return answer.status_code, answer.json()["code"]


def test_a_preset_is_assembled_from_files_and_makes_pictures(desk: DeskProcess) -> None:
    files = starter_files(desk)
    made = create(desk, files, notes="Small.", memory_flags=["vae_tiling", "flash_attention"])
    assert (made["family"], made["notes"], made["available"], made["cover"]) == ("flux", "Small.", True, None)
    assert {each["part"]: each["id"] for each in made["files"]} == files
    assert made["files"] == listed(desk)["starter"]["files"]
    assert (made["memory_flags"], made["cfg"]) == (["vae_tiling", "flash_attention"], 1.0)
    assert listed(desk)[made["id"]] == made
    picture = desk.finished(desk.post("/api/generations", {"prompt": "a red car", "preset": made["id"]})["id"])
    assert (picture["status"], picture["recipe"]["preset_name"], picture["recipe"]["width"]) == (
        "completed",
        "Mine",
        64,
    )


def test_what_is_left_out_is_the_familys_default(first_desk: DeskProcess) -> None:
    flux = next(each for each in first_desk.get("/api/models/families")["families"] if each["id"] == "flux")
    made = first_desk.post(PRESETS, {"name": "Plain", "files": starter_files(first_desk)})
    assert {name: made[name] for name in flux["defaults"]} == flux["defaults"]
    undo_newest(first_desk, "ImagePresetCreated")
    assert made["id"] not in listed(first_desk)


def test_one_command_sent_twice_makes_one_preset(desk: DeskProcess) -> None:
    body = {"name": "Once", "files": starter_files(desk)}
    sent = [desk.http.post(PRESETS, json=body, headers={"Idempotency-Key": "once"}).json() for _ in range(2)]
    assert sent[0] == sent[1]
    assert len(listed(desk)) == 2


def test_files_that_make_no_model_are_refused_by_file_and_part(first_desk: DeskProcess) -> None:
    files = starter_files(first_desk)
    wrong = {**files, "clip_l": files["taesd"]}
    answer = first_desk.http.post(PRESETS, json={"name": "Wrong", "files": wrong})
    assert refusal(answer) == (422, "bad_model_set")
    assert f"{Path(TAESD).name} stands where the preset wants a CLIP-L text encoder" in answer.json()["detail"]
    assert [(each["code"], each["part"]) for each in answer.json()["facts"]["problems"]] == [("wrong_part", "clip_l")]
    lacking = first_desk.http.patch(f"{PRESETS}/starter", json={"files": {"diffusion": files["diffusion"]}})
    assert refusal(lacking) == (422, "bad_model_set")
    assert "the preset lacks a file: CLIP-L text encoder" in lacking.json()["detail"]


WRONG: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
    "no name": ({"name": ""}, (422, "invalid_request")),
    "no files": ({"files": {}}, (422, "invalid_request")),
    "an unknown field": ({"magic": []}, (422, "invalid_request")),
    "an unknown flag": ({"memory_flags": ["magic"]}, (422, "invalid_request")),
    "a file that is none": ({"files": {"diffusion": "nothing"}}, (404, "no_such_model")),
    "an unknown sampler": ({"sampler": "guess"}, (422, "unknown_sampler")),
    "a size that it can't make": ({"width": 65}, (422, "size_not_a_multiple")),
    "steps without end": ({"steps": 100_000}, (422, "invalid_request")),
    "a LoRA that is no file": ({"loras": [{"id": "nothing"}]}, (404, "no_such_model")),
    "a LoRA without end": ({"loras": [{"id": "nothing", "strength": 11}]}, (422, "invalid_request")),
    "a cover that is no picture": ({"cover": "nothing"}, (404, "no_such_image")),
    "a cover that is no id": ({"cover": "../x"}, (422, "invalid_request")),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_makes_no_preset_is_refused(first_desk: DeskProcess, name: str) -> None:
    fields, expected = WRONG[name]
    before = listed(first_desk)
    body = {"name": "Wrong", "files": starter_files(first_desk), **fields}
    assert refusal(first_desk.http.post(PRESETS, json=body)) == expected
    assert listed(first_desk) == before


def test_a_part_that_no_preset_has_is_named(first_desk: DeskProcess) -> None:
    files = {**starter_files(first_desk), "wings": starter_files(first_desk)["taesd"]}
    assert refusal(first_desk.http.post(PRESETS, json={"name": "x", "files": files})) == (422, "bad_model_set")
    assert first_desk.post(f"{PRESETS}/estimate", {"files": files})["fits"]


def test_what_it_would_take_is_told_while_it_is_assembled(first_desk: DeskProcess) -> None:
    files = starter_files(first_desk)

    def estimate(**asked: Any) -> Any:
        return first_desk.post(f"{PRESETS}/estimate", asked)

    alone = estimate(files={"diffusion": files["diffusion"]}, width=256, height=256)
    whole = estimate(files=files, width=256, height=256)
    assert alone["weights_mb"].keys() < whole["weights_mb"].keys()
    assert sum(alone["weights_mb"].values()) < sum(whole["weights_mb"].values())
    assert whole["weights_mb"] == first_desk.get(f"{PRESETS}/starter/estimate?width=256&height=256")["weights_mb"]
    by_default = estimate(files=files)
    assert by_default["compute_mb"]["sampling"] > whole["compute_mb"]["sampling"], "of 1024 × 1024"
    tiled = estimate(files=files, memory_flags=["vae_tiling"])
    assert tiled["peak_mb"] <= by_default["peak_mb"]
    without = first_desk.http.post(f"{PRESETS}/estimate", json={"files": {"taesd": files["taesd"]}})
    assert refusal(without) == (422, "no_diffusion_model")


def test_edited_files_are_loaded_anew_and_the_edit_is_undone(desk: DeskProcess) -> None:
    first = desk.finished(desk.request("a green fish"))
    before = listed(desk)["starter"]
    edited = edit(desk, "starter", files=with_variant(desk), memory_flags=["flash_attention"])
    assert edited["size_mb"] > before["size_mb"]
    assert edited["files"][0]["name"] == "diffusion_models/starter-f32.safetensors"
    second = desk.finished(desk.request("a green fish"))
    assert (first["status"], second["status"]) == ("completed", "completed")
    loaded = desk.get("/api/events?type=ModelLoaded&stream=worker-image")["items"]
    weights = [each["data"]["weights_mb"]["diffusion_model"] for each in loaded]
    assert len(weights) == 2
    assert weights[0] > 1.8 * weights[1], "the newest first"
    undo_newest(desk, "ImagePresetEdited")
    assert listed(desk)["starter"] == before
    third = desk.finished(desk.request("a green fish"))
    pixels = [desk.get(f"/api/images/{each['images'][0]}")["pixels_sha256"] for each in (first, third)]
    assert pixels[0] == pixels[1]


def test_a_cover_is_a_picture_and_can_be_taken_off(desk: DeskProcess) -> None:
    (image,) = desk.finished(desk.request())["images"]
    desk.until("ImageThumbnailMade", stream=f"image-{image}")
    covered = edit(desk, "starter", cover=image)
    assert (covered["cover"], covered["cover_address"]) == (image, f"/api/images/{image}/thumbnail")
    assert desk.http.get(covered["cover_address"]).status_code == 200
    desk.post(f"/api/images/{image}/trash")
    desk.post(f"/api/images/{image}/purge")
    assert listed(desk)["starter"]["cover_address"] is None
    assert edit(desk, "starter", name="Still edited")["cover"] == image
    assert edit(desk, "starter", cover="")["cover"] is None


def test_a_copy_is_another_preset(desk: DeskProcess) -> None:
    edit(desk, "starter", notes="Mine.", steps=9)
    copy = desk.post(f"{PRESETS}/starter/duplicate")
    starter = listed(desk)["starter"]
    assert copy == {**starter, "id": copy["id"], "name": f"Copy of {starter['name']}"}
    edit(desk, copy["id"], steps=3)
    assert listed(desk)["starter"] == starter
    assert desk.http.delete(f"{PRESETS}/{copy['id']}").status_code == 204
    assert refusal(desk.http.post(f"{PRESETS}/{copy['id']}/duplicate")) == (404, "no_such_preset")
    undo_newest(desk, "ImagePresetDeleted")
    assert listed(desk)[copy["id"]]["steps"] == 3


def exported(desk: DeskProcess, id_: str) -> httpx.Response:
    return desk.http.get(f"{PRESETS}/{id_}/export").raise_for_status()


def test_an_exported_preset_is_a_document_of_a_known_shape(first_desk: DeskProcess) -> None:
    answer = exported(first_desk, "starter")
    starter = listed(first_desk)["starter"]
    assert answer.headers["content-disposition"] == 'attachment; filename="starter-toy-pictures.json"'
    assert answer.json() == {
        "format": "ddesk-image-preset",
        "version": 1,
        "name": starter["name"],
        "family": "flux",
        "notes": starter["notes"],
        "files": [{name: each[name] for name in ("part", "name", "size", "sha256")} for each in starter["files"]],
        "defaults": {
            name: starter[name]
            for name in ("width", "height", "steps", "cfg", "guidance", "sampler", "sigma_schedule", "multiple")
        },
        "memory_flags": [],
        "loras": [],
    }


def test_an_imported_preset_finds_its_files_by_what_is_in_them(desk: DeskProcess) -> None:
    edit(desk, "starter", memory_flags=["vae_on_cpu"], steps=3)
    document = exported(desk, "starter").json()
    models = desk.data / "models"
    (models / STARTER[0]).rename(models / "moved-elsewhere.safetensors")
    scanned(desk)
    made = desk.post(f"{PRESETS}/import", document)
    assert made["files"][0]["name"] == "moved-elsewhere.safetensors"
    assert (made["steps"], made["memory_flags"], made["available"]) == (3, ["vae_on_cpu"], True)
    assert {**exported(desk, made["id"]).json(), "files": []} == {**document, "files": []}
    undo_newest(desk, "ImagePresetCreated")
    assert made["id"] not in listed(desk)


def test_where_no_file_holds_the_same_one_of_that_name_and_size_is_taken(first_desk: DeskProcess) -> None:
    document = exported(first_desk, "starter").json()
    document["files"][0]["sha256"] = "0" * 64
    made = first_desk.post(f"{PRESETS}/import", document)
    assert made["files"] == listed(first_desk)["starter"]["files"]
    undo_newest(first_desk, "ImagePresetCreated")


def test_a_document_that_can_not_be_imported_says_why(first_desk: DeskProcess) -> None:
    document = exported(first_desk, "starter").json()

    def refused(**changed: Any) -> httpx.Response:
        return first_desk.http.post(f"{PRESETS}/import", json={**document, **changed})

    stranger = {"part": "clip_l", "name": "text/other.gguf", "size": 7, "sha256": "1" * 64}
    missing = refused(files=[document["files"][0], stranger, document["files"][2]])
    assert refusal(missing) == (409, "model_file_missing")
    assert "other.gguf (CLIP-L text encoder)" in missing.json()["detail"]
    assert [each["part"] for each in missing.json()["facts"]["missing"]] == ["clip_l"]
    assert refusal(refused(format="recipe")) == (422, "no_preset_document")
    assert refusal(refused(version=2)) == (422, "preset_document_too_new")
    assert refusal(refused(files=[document["files"][0]] * 2)) == (422, "no_preset_document")
    assert refusal(refused(files=document["files"][:2])) == (422, "bad_model_set")
    assert refusal(refused(defaults={**document["defaults"], "steps": 0})) == (422, "invalid_request")
    assert refusal(first_desk.http.post(f"{PRESETS}/import", json=[])) == (422, "invalid_request")
    assert "later" not in first_desk.post(f"{PRESETS}/import", {**document, "later": 1})
    undo_newest(first_desk, "ImagePresetCreated")


def test_files_of_further_roots_can_be_named_where_nothing_else_would_be_found_for_them(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    more = tmp_path / "more"
    desk = open_desk(environment={"DDESK_MODEL_ROOTS": str(more)})
    own = desk.data / "models"
    variant = in_bf16(own / STARTER[0], more / "variant.safetensors")
    files = {**starter_files(desk), "diffusion": scanned(desk)["variant.safetensors"]["id"]}
    made = create(desk, files)
    assert (made["files"][0]["name"], made["files"][0]["id"]) == ("variant.safetensors", files["diffusion"])
    assert desk.finished(desk.request(preset=made["id"]))["status"] == "completed"
    shutil.copy2(variant, own / "variant.safetensors")
    desk.post("/api/models/scan")
    assert create(desk, files)["available"], "the same content in both"
    with (own / "variant.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    desk.post("/api/models/scan")
    answer = desk.http.post(PRESETS, json={"name": "Other", "files": files})
    assert refusal(answer) == (409, "model_name_taken")


def test_a_load_is_told_live_until_it_is_over(desk: DeskProcess) -> None:
    with desk.live() as live:
        live.until_type("ready")
        desk.post(f"{PRESETS}/starter/load")
        told = [live.until_type("loading")]
        while not told[-1]["over"]:
            told.append(live.until_type("loading"))
    assert {(each["worker"], each["preset"]) for each in told} == {("image", "starter")}
    assert (told[0]["part"], told[-1]["part"]) == (0, 1)
    assert desk.worker()["model_loaded"] == "starter"
