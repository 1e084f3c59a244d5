"""Language presets over a real desk: made of its model files, edited, undone, carried to another desk."""

import io
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ddesk.paths import defaults
from tests.conftest import OpenDesk
from tests.desk_process import DeskProcess
from tests.starter_model import TAESD
from tests.workers.probe.language_models import language_model, projector

PATH = "/api/presets/language"
KV_MB = 2048 * 2 * 2 * (64 + 64) * 2 / (1 << 20)
"""Of the little model in its whole context, in f16."""


@pytest.fixture
def desk(open_desk: OpenDesk) -> DeskProcess:
    """With a language model, a projector for it and one for another model."""
    own = open_desk()
    folder = own.data / "models" / "llm"
    language_model(folder / "tiny.gguf", context=2048, embedding=256)
    projector(folder / "tiny-mmproj.gguf", embedding=256)
    projector(folder / "other-mmproj.gguf", embedding=512)
    own.post("/api/models/scan")
    return own


def ids(desk: DeskProcess) -> dict[str, str]:
    """Of the model files, by the last part of their names."""
    return {Path(each["name"]).name: each["id"] for each in desk.get("/api/models")["items"]}


def created(desk: DeskProcess, **more: Any) -> Any:
    return desk.post(PATH, {"name": "Small talker", "files": {"model": ids(desk)["tiny.gguf"]}, **more})


def listed(desk: DeskProcess, path: str = PATH) -> list[str]:
    return [each["name"] for each in desk.get(path)["items"]]


def refused(desk: DeskProcess, method: str, path: str, body: object = None) -> tuple[int, str]:
    answer = desk.http.request(method, path, json=body)
    problem = answer.json()
    assert problem["detail"]
    assert problem["advice"]
    return answer.status_code, problem["code"]


def newest(desk: DeskProcess, kind: str) -> int:
    return int(desk.get(f"/api/events?type={kind}&limit=1")["items"][0]["position"])


def test_a_model_file_is_enough_to_make_one(desk: DeskProcess) -> None:
    start = desk.get(f"{PATH}/start")
    made = created(desk)
    assert (made["name"], made["context"], made["kv_cache"]) == ("Small talker", 2048, "f16")
    assert (made["defaults"], made["prompts"]) == (start["defaults"], {"assistant": "", "enhance": "", "describe": ""})
    (file,) = made["files"]
    assert (file["part"], file["id"], file["name"]) == ("model", ids(desk)["tiny.gguf"], "llm/tiny.gguf")
    assert len(file["sha256"]) == 64
    assert made["available"]
    assert listed(desk) == ["Small talker"]


def test_the_desks_own_prompts_are_told(first_desk: DeskProcess) -> None:
    told = first_desk.get(f"{PATH}/prompts")
    assert told.keys() == {"assistant", "enhance", "describe"}
    for name, text in told.items():
        assert text == (defaults() / "prompts" / f"{name}.txt").read_text("utf-8").strip()


def test_what_it_takes_is_told_before_and_after_it_is_made(desk: DeskProcess) -> None:
    files = {"model": ids(desk)["tiny.gguf"], "mmproj": ids(desk)["tiny-mmproj.gguf"]}
    before = desk.post(f"{PATH}/estimate", {"files": files})
    assert (before["problems"], before["context"]) == ([], 2048)
    estimate = before["estimate"]
    assert estimate["context_mb"] == pytest.approx(KV_MB, abs=0.1)
    assert estimate["weights_mb"].keys() == {"language", "projector"}
    assert estimate["compute_mb"].keys() == {"answering"}
    assert (estimate["known"], estimate["fits"]) == ("estimated", True)
    made = created(desk, files=files, kv_cache="q8_0", context=1024)
    after = desk.get(f"{PATH}/{made['id']}/estimate")
    assert after["context_mb"] == pytest.approx(KV_MB * 34 / 64 / 2, abs=0.1)


def test_a_small_device_is_told_what_would_fit(open_desk: OpenDesk) -> None:
    desk = open_desk("--simulate-device", "2GB")
    language_model(desk.data / "models" / "llm" / "long.gguf", context=131_072, embedding=1024, layers=16, kv_heads=4)
    desk.post("/api/models/scan")
    files = {"model": ids(desk)["long.gguf"]}
    whole = desk.post(f"{PATH}/estimate", {"files": files, "context": 131_072})["estimate"]
    assert (whole["fits"], whole["would_fit"]) == (False, "a context of 8192 tokens")
    assert desk.post(f"{PATH}/estimate", {"files": files, "context": 8192})["estimate"]["fits"]


def test_what_does_not_fit_together_is_told_by_part_and_refused(desk: DeskProcess) -> None:
    known = ids(desk)
    wrong: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
        "nothing": ({"files": {}}, [("missing_part", "model")]),
        "a picture model": ({"files": {"model": known[Path(TAESD).name]}}, [("wrong_part", "model")]),
        "another's projector": (
            {"files": {"model": known["tiny.gguf"], "mmproj": known["other-mmproj.gguf"]}},
            [("mismatch", "mmproj")],
        ),
        "too much context": (
            {"files": {"model": known["tiny.gguf"]}, "context": 4096},
            [("context_out_of_range", "context")],
        ),
    }
    for asked, problems in wrong.values():
        told = desk.post(f"{PATH}/estimate", asked)
        assert [(each["code"], each["part"]) for each in told["problems"]] == problems
        assert told["estimate"] is None
        assert refused(desk, "POST", PATH, {"name": "Wrong", **asked}) == (422, problems[0][0])
    assert refused(desk, "POST", PATH, {"name": "Wrong", "files": {"model": "nothing"}}) == (404, "no_such_model")
    assert listed(desk) == []


@pytest.mark.parametrize(
    "body",
    [
        {"files": {}},
        {"name": "", "files": {}},
        {"name": "A", "files": {}, "context": "long"},
        {"name": "A", "files": {}, "kv_cache": "q2"},
        {"name": "A", "files": {}, "memory_flags": ["vae_tiling"]},
        {"name": "A", "files": {}, "defaults": {"temperature": 1}},
        {"name": "A", "files": {}, "prompts": {"assistant": 7}},
        {"name": "A", "files": {}, "prompts": {"joke": "Ha."}},
        {"name": "A", "files": {}, "more": 1},
    ],
)
def test_what_is_no_preset_at_all_is_refused(first_desk: DeskProcess, body: object) -> None:
    assert refused(first_desk, "POST", PATH, body) == (422, "invalid_request")


def test_a_command_that_is_sent_twice_is_done_once(desk: DeskProcess) -> None:
    body = {"name": "Once", "files": {"model": ids(desk)["tiny.gguf"]}}
    headers = {"Idempotency-Key": "once"}
    first, second = (desk.http.post(PATH, json=body, headers=headers).raise_for_status().json() for _ in range(2))
    assert first["id"] == second["id"]
    assert listed(desk) == ["Once"]


def test_it_is_edited_in_part_and_only_what_changes_is_looked_into(desk: DeskProcess) -> None:
    made = created(desk, notes="one")
    path = f"{PATH}/{made['id']}"
    prompts = {"assistant": "Be brief.", "enhance": "", "describe": ""}
    edited = (
        desk.http.patch(path, json={"name": "Talker", "prompts": prompts, "context": 512}).raise_for_status().json()
    )
    assert edited == {**made, "name": "Talker", "prompts": prompts, "context": 512}
    assert refused(desk, "PATCH", path, {"context": 9999}) == (422, "context_out_of_range")
    both = {"model": ids(desk)["tiny.gguf"], "mmproj": ids(desk)["tiny-mmproj.gguf"]}
    seeing = desk.http.patch(path, json={"files": both}).raise_for_status().json()
    assert [each["part"] for each in seeing["files"]] == ["model", "mmproj"]
    (desk.data / "models" / "llm" / "tiny.gguf").unlink()
    lost = desk.http.patch(path, json={"notes": "two"}).raise_for_status().json()
    assert (lost["notes"], lost["available"]) == ("two", False)
    assert "tiny.gguf is missing" in lost["problem"]
    assert refused(desk, "PATCH", path, {"context": 1024})[0] == 422
    assert refused(desk, "GET", f"{path}/estimate")[0] == 422


def test_creating_editing_and_deleting_are_undone(desk: DeskProcess) -> None:
    made = created(desk)
    path = f"{PATH}/{made['id']}"
    desk.http.patch(path, json={"name": "Talker", "context": 512}).raise_for_status()
    desk.post(f"/api/undo/{newest(desk, 'LanguagePresetEdited')}")
    assert desk.get(PATH)["items"] == [made]
    desk.http.delete(path).raise_for_status()
    assert listed(desk) == []
    assert refused(desk, "PATCH", path, {"name": "Gone"}) == (409, "preset_deleted")
    desk.post(f"/api/undo/{newest(desk, 'LanguagePresetDeleted')}")
    assert listed(desk) == ["Small talker"]
    desk.post(f"/api/undo/{newest(desk, 'LanguagePresetCreated')}")
    assert listed(desk) == []
    assert desk.post(f"{path}/restore") == made
    assert refused(desk, "POST", f"{PATH}/nothing/restore") == (404, "no_such_preset")


def test_it_can_be_seen_and_brought_back_as_it_was(desk: DeskProcess) -> None:
    made = created(desk, prompts={"assistant": "Be brief."})
    position = newest(desk, "LanguagePresetCreated")
    desk.http.patch(f"{PATH}/{made['id']}", json={"name": "Talker", "prompts": {}}).raise_for_status()
    desk.http.delete(f"{PATH}/{made['id']}").raise_for_status()
    assert desk.get(f"/api/as-of/{position}/presets/language")["items"] == [made]
    assert listed(desk, f"/api/as-of/{position - 1}/presets/language") == []
    body = {"stream": f"language_preset-{made['id']}"}
    assert desk.post(f"/api/as-of/{position}/restore", body)["changed"]
    assert desk.get(PATH)["items"] == [made]
    assert not desk.post(f"/api/as-of/{position}/restore", body)["changed"]


def test_the_timeline_finds_it_among_presets_by_its_words(desk: DeskProcess) -> None:
    made = created(desk, prompts={"assistant": "Be an owl."})
    desk.http.patch(f"{PATH}/{made['id']}", json={"notes": "wise"}).raise_for_status()
    edited, told = desk.get("/api/timeline?kind=preset&q=owl")["items"]
    assert (edited["type"], told["type"]) == ("LanguagePresetEdited", "LanguagePresetCreated")
    assert (edited["about"]["preset"], edited["about"]["before"]["notes"], edited["undoable"]) == (
        "Small talker",
        "",
        True,
    )
    assert desk.get("/api/timeline?q=talker&type=LanguagePresetCreated")["items"][0]["position"] == told["position"]


def test_a_copy_is_a_preset_of_its_own(desk: DeskProcess) -> None:
    made = created(desk, notes="one")
    copy = desk.post(f"{PATH}/{made['id']}/duplicate")
    assert copy == {**made, "id": copy["id"], "name": "Copy of Small talker"}
    assert listed(desk) == ["Small talker", "Copy of Small talker"]


def test_another_desk_imports_it_by_its_files_wherever_they_lie_there(desk: DeskProcess, tmp_path: Path) -> None:
    made = created(desk, prompts={"describe": "Only tags."}, context=1024)
    document = desk.get(f"{PATH}/{made['id']}/export")
    assert (document["format"], document["version"]) == ("ddesk-language-preset", 1)
    assert [each["name"] for each in document["files"]] == ["llm/tiny.gguf"]
    other = DeskProcess(tmp_path / "other")
    try:
        assert refused(other, "POST", f"{PATH}/import", document) == (409, "model_file_missing")
        other.until("ImagePresetCreated")
        shutil.copy(desk.data / "models" / "llm" / "tiny.gguf", other.data / "models" / "tiny.gguf")
        other.post("/api/models/scan")
        imported = other.post(f"{PATH}/import", document)
        assert imported["files"][0]["name"] == "tiny.gguf"
        assert imported["files"][0]["sha256"] == made["files"][0]["sha256"]
        assert other.get(f"{PATH}/{imported['id']}/export") == {**document, "files": imported_files(document)}
        assert refused(other, "POST", f"{PATH}/import", {**document, "version": 2})[1] == "preset_document_too_new"
        foreign = {**document, "format": "ddesk-image-preset"}
        assert refused(other, "POST", f"{PATH}/import", foreign) == (422, "no_preset_document")
    finally:
        assert other.stop() == 0


def imported_files(document: Any) -> Any:
    return [{**each, "name": Path(each["name"]).name} for each in document["files"]]


def test_its_prompts_stay_out_of_the_support_bundle(desk: DeskProcess) -> None:
    created(desk, prompts={"assistant": "You are a secret penguin."})
    with (desk.data / "logs" / "desk.log").open("a") as log:
        log.write("[now] [ERROR] it said: You are a secret penguin.\n")
    bundle = zipfile.ZipFile(io.BytesIO(desk.http.get("/api/system/bundle").raise_for_status().content))
    texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert [name for name, text in texts.items() if "penguin" in text] == []
    assert "[private]" in texts["desk.log"]
