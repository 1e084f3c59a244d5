"""The catalogue through the desk's own door: what came with it, checks, and the way back."""

from typing import Any

import pytest

from tests.conftest import OpenDesk
from tests.desk.test_models import STARTER, refused
from tests.desk_process import DeskProcess


def states(entry: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["state"] for each in entry["files"]}


def test_the_starter_is_in_it_with_its_licence_and_whole(first_desk: DeskProcess) -> None:
    entry = first_desk.post("/api/models/catalogue/starter/check")
    assert (entry["id"], entry["family"], entry["licence"]) == ("starter", "flux", "MIT")
    assert states(entry) == dict.fromkeys(STARTER, "whole")
    assert entry["size"] == sum(each["size"] for each in entry["files"])
    assert first_desk.get("/api/models/catalogue")["items"][0] == entry
    licence = first_desk.get("/api/models/catalogue/starter/licence")
    assert licence["id"] == "MIT"
    assert "trained from nothing, on pictures drawn by scripts" in licence["text"]
    files = first_desk.get("/api/presets/image")["items"][0]["files"]
    assert {each["name"]: each["sha256"] for each in files} == {each["name"]: each["sha256"] for each in entry["files"]}


def test_a_damaged_file_is_found_and_restored_while_the_desk_is_open(open_desk: OpenDesk) -> None:
    desk = open_desk()
    path = desk.data / "models" / STARTER[2]
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    (desk.data / "models" / STARTER[0]).unlink()
    found = states(desk.post("/api/models/catalogue/starter/check"))
    assert list(found.values()) == ["missing", "whole", "damaged"]
    assert not desk.get("/api/presets/image")["items"][0]["available"]
    restored = desk.post("/api/models/catalogue/starter/restore")
    assert states(restored) == dict.fromkeys(STARTER, "whole")
    assert path.read_bytes() == whole
    assert desk.get("/api/presets/image")["items"][0]["available"]
    made = desk.finished(desk.request())
    assert made["status"] == "completed", made["failure"]


@pytest.mark.parametrize(("method", "deed"), [("POST", "check"), ("POST", "restore"), ("GET", "licence")])
def test_what_it_has_not_is_not_found(first_desk: DeskProcess, method: str, deed: str) -> None:
    assert refused(first_desk, method, f"/api/models/catalogue/nothing/{deed}") == (404, "no_such_entry")
