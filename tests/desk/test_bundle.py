"""The support bundle: everything that helps, and nothing that is private."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from tests.conftest import OpenDesk
from tests.desk_process import DeskProcess, ddesk

PROMPT = "a zyxgromble hedgehog on a quinquereme"
NEGATIVE = "no flumworbling whatsoever"
PRIVATE = ("zyxgromble", "quinquereme", "flumworbling")


def members(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def by_terminal(data: Path, file: Path) -> dict[str, str]:
    done = ddesk("doctor", "--bundle", file, "--data-dir", data)
    assert done.returncode == 0, done.stderr
    assert str(file) in done.stdout
    return members(file.read_bytes())


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of one who lives there, the data directory inside."""
    return {"HOME": str(tmp_path)}


def what_happened(desk: DeskProcess) -> None:
    """A picture is made, and afterwards its prompt is put where it never stands by itself."""
    desk.finished(desk.request(PROMPT, negative_prompt=NEGATIVE))
    log = desk.data / "logs" / "desk.log"
    assert [each for each in PRIVATE if each in log.read_text()] == []
    with log.open("a") as file:
        file.write(f"[now] [ERROR] no such word: {PROMPT!r} in {desk.data}, said {desk.token}\n")
    report = desk.data / "logs" / "crash-20260101T100000.000000.txt"
    report.write_text(f"DiffusionDesk 0.1.0\n== 2026-01-01 ValueError: {NEGATIVE}\nTraceback: {desk.data}/x.py\n")


def secrets(desk: DeskProcess) -> list[str]:
    key = (desk.data / "secrets" / "session.key").read_bytes()
    return [*PRIVATE, desk.token, key.hex(), str(desk.data.parent)]


def test_it_holds_what_helps_and_nothing_private(open_desk: OpenDesk, home: dict[str, str]) -> None:
    desk = open_desk(environment=home)
    what_happened(desk)
    answer = desk.http.get("/api/system/bundle").raise_for_status()
    assert re.fullmatch(r'attachment; filename="ddesk-support-[\d-]+\.zip"', answer.headers["content-disposition"])
    found = members(answer.content)
    for private in secrets(desk):
        assert private.encode() not in answer.content
        assert [name for name, text in found.items() if private in text] == []
    assert "[private]" in found["desk.log"]
    assert "[secret]" in found["desk.log"]
    assert "[private]" in found["crash-20260101T100000.000000.txt"]
    assert "What was left out" in found["README.txt"]
    listed = {line.split(" ")[0] for line in found["README.txt"].splitlines()}
    assert {name for name in found if not name.startswith("crash-")} <= {"README.txt", *listed}


def test_a_part_of_it_tells_each_thing(open_desk: OpenDesk, home: dict[str, str]) -> None:
    desk = open_desk(environment=home)
    what_happened(desk)
    found = members(desk.http.get("/api/system/bundle").content)
    doctor, program, settings, running, events = (
        json.loads(found[f"{name}.json"]) for name in ("doctor", "program", "settings", "running", "events")
    )
    assert doctor["data_dir"] == "~/data"
    assert doctor["devices"]["devices"][0]["name"]
    assert {each["name"] for each in doctor["engines"]["engines"]} == {"stable-diffusion.cpp", "llama.cpp"}
    assert doctor["free_disk_mb"] > 0
    assert program["ddesk"] == running["version"]
    assert settings["port"] == 0
    assert {each["kind"] for each in running["workers"]} == {"image", "media"}
    assert events["counts"]["GenerationCompleted"] == 1
    assert [each["type"] for each in events["newest"]].count("GenerationRequested") == 1
    positions = [each["position"] for each in events["newest"]]
    assert positions == sorted(positions)
    assert "POST /api/generations 202" in found["desk.log"]


def test_it_can_be_had_by_terminal_while_a_desk_runs_and_while_none_does(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = open_desk()
    what_happened(desk)
    while_one_runs = by_terminal(desk.data, tmp_path / "one.zip")
    desk.stop()
    while_none_does = by_terminal(desk.data, tmp_path / "none.zip")
    assert set(while_one_runs) - set(while_none_does) == {"running.json"}
    for found in (while_one_runs, while_none_does):
        assert [text for text in found.values() for each in PRIVATE if each in text] == []
        assert json.loads(found["events.json"])["counts"]["GenerationCompleted"] == 1


def test_of_a_damaged_log_it_says_so_and_leaves_out_what_might_be_private(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = open_desk()
    what_happened(desk)
    desk.stop()
    (desk.data / "log.db").write_bytes(b"hello world\n" * 1000)
    found = by_terminal(desk.data, tmp_path / "damaged.zip")
    assert "log_damaged" in [each["code"] for each in json.loads(found["doctor.json"])["problems"]]
    assert "can't be read" in found["events.json"]
    assert "was left out" in found["desk.log"]
    assert [text for text in found.values() for each in PRIVATE if each in text] == []


def test_where_there_is_no_desk_yet_there_is_a_bundle(tmp_path: Path) -> None:
    found = by_terminal(tmp_path / "nothing", tmp_path / "new.zip")
    assert json.loads(found["events.json"]) == {"counts": {}, "newest": []}
    assert not (tmp_path / "nothing").exists()


def test_a_file_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    nowhere = ddesk("doctor", "--bundle", tmp_path / "nowhere" / "x.zip", "--data-dir", tmp_path)
    assert (nowhere.returncode, "There is no folder" in nowhere.stderr) == (1, True)
    folder = ddesk("doctor", "--bundle", tmp_path, "--data-dir", tmp_path)
    assert (folder.returncode, f"{tmp_path} can't be written" in folder.stderr) == (1, True)
