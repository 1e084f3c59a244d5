"""Backups, exports and what comes back from them, as a person asks for them."""

import json
from pathlib import Path

import pytest

from tests.conftest import OpenDesk
from tests.desk.test_forgetting import NEGATIVE, PROMPT, TAG, a_picture, holding
from tests.desk.test_log import ddesk
from tests.desk_process import DeskProcess


def backed_up(desk: DeskProcess, **where: str) -> str:
    """How the job ended."""
    job = desk.post("/api/backups", where)["id"]
    return str(desk.until("JobCompleted", "JobFailed", stream=f"job-{job}")["type"])


def test_a_redacted_export_is_imported_verified_and_shows_no_prompt(desk: DeskProcess, tmp_path: Path) -> None:
    a_picture(desk)
    words = PROMPT, NEGATIVE, TAG
    export, new = tmp_path / "out" / "log.jsonl", tmp_path / "new"
    export.parent.mkdir()
    done = ddesk(desk.data, "log", "export", "-o", str(export), "--redact", "prompts", "--redact", "tags")
    assert done.returncode == 0, done.stderr
    assert "The private part of 1 GenerationRequested was left out." in done.stdout
    done = ddesk(new, "log", "import", str(export))
    assert done.returncode == 0, done.stderr
    assert "all as they were exported" in done.stdout
    verified = ddesk(new, "log", "verify")
    assert verified.returncode == 0, verified.stdout
    assert ddesk(new, "rebuild").returncode == 0
    assert holding(tmp_path / "out", *words) == holding(new, *words) == set()
    assert holding(desk.data, *words), "they are there, where they were not left out"
    assert "There is a log in" in ddesk(new, "log", "import", str(export)).stderr


def test_what_the_imported_log_tells_of_is_shown_by_a_desk(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = open_desk()
    generation = a_picture(desk)
    told = desk.generation(generation)
    desk.stop()
    ddesk(desk.data, "log", "export", "-o", str(tmp_path / "log.jsonl"), "--redact", "all")
    for left in (*desk.data.glob("log.db*"), *desk.data.glob("read-*")):
        left.unlink()
    assert ddesk(desk.data, "log", "import", str(tmp_path / "log.jsonl")).returncode == 0
    again = open_desk().generation(generation)
    assert again["images"] == told["images"]
    assert again["recipe"] == {**told["recipe"], "prompt": "", "negative_prompt": ""}


def test_an_export_into_the_data_directory_is_refused(desk: DeskProcess) -> None:
    done = ddesk(desk.data, "log", "export", "-o", str(desk.data / "images" / "log.jsonl"))
    assert (done.returncode, "lies in the data directory" in done.stderr) == (1, True)


def test_a_restored_log_is_what_the_screens_show(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = open_desk()
    kept = a_picture(desk)
    done = ddesk(desk.data, "backup", str(tmp_path / "backups"))
    assert done.returncode == 0, done.stderr
    (backup,) = (tmp_path / "backups").glob("*.db")
    assert str(backup) in done.stdout
    later = a_picture(desk)
    assert "The desk is running" in ddesk(desk.data, "restore", str(backup)).stderr
    desk.stop()
    done = ddesk(desk.data, "restore", str(backup))
    assert done.returncode == 0, done.stderr
    again = open_desk()
    assert again.generation(kept)["status"] == "completed"
    assert again.http.get(f"/api/generations/{later}").status_code == 404
    assert again.story_of("log") == ["LogRestored"]
    assert ddesk(desk.data, "log", "verify").returncode == 0
    assert len([*(desk.data / "backups").glob("log-before-restore-*.db")]) == 1


def test_a_backup_without_a_running_desk_is_remembered_by_the_log(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = open_desk()
    desk.stop()
    done = ddesk(desk.data, "backup", str(tmp_path / "backups"))
    assert done.returncode == 0, done.stderr
    (listed,) = open_desk().get("/api/backups")["items"]
    facts = json.loads((tmp_path / "backups" / f"{listed['name']}.json").read_bytes())
    assert (listed["folder"], listed["position"], listed["hash"]) == (
        str(tmp_path / "backups"),
        facts["position"],
        facts["hash"],
    )


def test_only_the_newest_backups_are_kept_where_the_desk_makes_them_by_itself(
    desk: DeskProcess, tmp_path: Path
) -> None:
    desk.http.put("/api/settings/backups_kept", json={"value": 1}).raise_for_status()
    elsewhere = str(tmp_path / "backups")
    assert backed_up(desk, folder=elsewhere) == "JobCompleted"
    assert backed_up(desk) == "JobCompleted"
    desk.request()
    assert backed_up(desk) == "JobCompleted"
    assert [each["folder"] for each in desk.get("/api/backups")["items"]] == [str(desk.data / "backups"), elsewhere]


@pytest.mark.parametrize("folder", ["backups", "data/images"])
def test_a_folder_that_will_not_do_is_refused(desk: DeskProcess, tmp_path: Path, folder: str) -> None:
    named = str(tmp_path / folder) if "/" in folder else folder
    answer = desk.http.post("/api/backups", json={"folder": named})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_backup_dir")


def test_a_disk_that_is_not_there_fails_the_job_in_words_and_nothing_else(desk: DeskProcess, tmp_path: Path) -> None:
    assert backed_up(desk, folder=str(tmp_path / "unplugged" / "backups")) == "JobFailed"
    job = desk.get("/api/jobs?status=failed")["items"][0]
    assert (job["kind"], job["failure"]["code"]) == ("backup", "backup_unwritable")
    assert desk.get("/internal/health")["ok"]
