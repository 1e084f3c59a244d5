"""LoRAs in presets, over HTTP and with the real engine."""

import io
from typing import Any

from PIL import Image

from tests.desk.test_models import scanned
from tests.desk.test_preset_manager import PRESETS, create, edit, listed, refusal, starter_files, undo_newest
from tests.desk_process import DeskProcess
from tests.workers.loras import lora


def with_lora(desk: DeskProcess, name: str = "style", **more: Any) -> str:
    """The id of one that was put into the folder of models."""
    folder = desk.data / "models" / "lora"
    folder.mkdir(exist_ok=True)
    lora(folder / f"{name}.safetensors", **more)
    return str(scanned(desk)[f"lora/{name}.safetensors"]["id"])


def picture(desk: DeskProcess, preset: str) -> Any:
    id_ = desk.request("a red car", preset=preset)
    done = desk.finished(id_)
    assert done["status"] == "completed", done
    return desk.get(f"/api/images/{done['images'][0]}")


def test_a_preset_with_one_makes_other_pictures_and_says_so_in_them(desk: DeskProcess) -> None:
    id_, files = with_lora(desk), starter_files(desk)
    plain = picture(desk, create(desk, files)["id"])
    made = create(desk, files, loras=[{"id": id_, "strength": 0.75}])
    assert [(each["name"], each["strength"], each["id"]) for each in made["loras"]] == [
        ("lora/style.safetensors", 0.75, id_)
    ]
    styled = picture(desk, made["id"])
    assert styled["pixels_sha256"] != plain["pixels_sha256"]
    text = Image.open(io.BytesIO(desk.http.get(f"/api/images/{styled['id']}/file").content)).info["parameters"]
    assert text.startswith("a red car <lora:style:0.75>\n")
    assert f'Lora hashes: "style: {made["loras"][0]["sha256"][:12]}"' in text
    assert desk.get(f"/api/images/{styled['id']}/origin") == {"verdict": "exact", "fields": []}
    edit(desk, made["id"], loras=[{"id": id_, "strength": 0.5}])
    now = desk.get(f"/api/images/{styled['id']}/origin")
    assert (now["verdict"], [each["field"] for each in now["fields"]]) == ("cannot", ["loras.1.strength"])
    undo_newest(desk, "ImagePresetEdited")
    assert listed(desk)[made["id"]]["loras"] == made["loras"]
    assert picture(desk, made["id"])["pixels_sha256"] == styled["pixels_sha256"]


def test_one_that_was_made_for_another_model_is_refused_before_it_ends_the_engine(desk: DeskProcess) -> None:
    id_, files = with_lora(desk, "wide", shape=(9216, 3072)), starter_files(desk)
    answer = desk.http.post(PRESETS, json={"name": "Wide", "files": files, "loras": [{"id": id_}]})
    assert refusal(answer) == (422, "bad_lora")
    assert "The LoRA wide.safetensors was made for another model" in answer.json()["detail"]
    checked = desk.post("/api/models/check", {"files": files, "loras": [id_]})
    assert not checked["ok"]
    assert [(each["code"], each["part"]) for each in checked["problems"]] == [("bad_lora", id_)]
    model = desk.http.post(PRESETS, json={"name": "No LoRA", "files": files, "loras": [{"id": files["diffusion"]}]})
    assert refusal(model) == (422, "bad_lora")
    assert "stands where the preset wants a LoRA" in model.json()["detail"]


def test_it_counts_as_memory_and_travels_with_the_preset(desk: DeskProcess) -> None:
    id_, files = with_lora(desk, rank=1024), starter_files(desk)
    body = {"files": files, "width": 64, "height": 64}
    without, counted = (desk.post(f"{PRESETS}/estimate", body | {"loras": loras}) for loras in ([], [id_]))
    assert round(counted["peak_mb"] - without["peak_mb"], 1) == 2.0
    made = create(desk, files, loras=[{"id": id_, "strength": -0.5}])
    document = desk.get(f"{PRESETS}/{made['id']}/export")
    assert desk.post(f"{PRESETS}/import", document)["loras"] == made["loras"]
    (desk.data / "models" / "lora" / "style.safetensors").unlink()
    scanned(desk)
    assert listed(desk)[made["id"]]["problem"].startswith("The model file lora/style.safetensors is missing")
    lost = desk.http.post(f"{PRESETS}/import", json=document)
    assert refusal(lost) == (409, "model_file_missing")
    assert "style.safetensors" in lost.json()["detail"]
