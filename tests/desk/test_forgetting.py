"""What a person has forgotten stands nowhere in the data directory any more."""

from pathlib import Path

import pytest

from tests.conftest import OpenDesk
from tests.desk.test_log import ddesk
from tests.desk_process import DeskProcess

PROMPT, NEGATIVE, TAG = "zanzibarine lighthouse", "quixotropic fog", "mumbletypeg"


def holding(data: Path, *words: str) -> set[str]:
    """The files in which one of these words stands, in whatever encoding of it they may use."""
    spellings = [word.encode(encoding) for word in words for encoding in ("utf-8", "utf-16-le")]
    files = [path for path in data.rglob("*") if path.is_file()]
    return {str(path.relative_to(data)) for path in files if any(word in path.read_bytes() for word in spellings)}


def a_picture(desk: DeskProcess) -> str:
    made = desk.finished(desk.request(PROMPT, negative_prompt=NEGATIVE, batch=2))
    for id_ in made["images"]:
        desk.until("ImageThumbnailMade", stream=f"image-{id_}")
        desk.post(f"/api/images/{id_}/tags", {"add": [TAG]})
        desk.post(f"/api/images/{id_}/trash")
    return str(made["id"])


def purged(desk: DeskProcess, image: str) -> None:
    while [*desk.data.glob(f"images/**/{image}.png")]:
        assert desk.process.poll() is None


def test_the_words_are_everywhere_until_they_are_forgotten_and_then_nowhere(open_desk: OpenDesk) -> None:
    desk = open_desk()
    generation = a_picture(desk)
    first, second = desk.generation(generation)["images"]
    before = holding(desk.data, PROMPT, NEGATIVE, TAG)
    assert {Path(name).suffix for name in before} >= {".db-wal", ".png"}

    said = desk.post(f"/api/images/{first}/purge", {"forget": True})
    assert said == {"events": 1, "backups": []}
    purged(desk, first)
    assert desk.generation(generation)["recipe"]["prompt"] == PROMPT, "the other picture still needs it"

    said = desk.post(f"/api/images/{second}/purge", {"forget": True})
    assert said == {"events": 2, "backups": []}
    purged(desk, second)
    assert holding(desk.data, PROMPT, NEGATIVE, TAG) == set()
    assert desk.generation(generation)["recipe"]["prompt"] == ""

    desk.stop()
    assert holding(desk.data, PROMPT, NEGATIVE, TAG) == set()
    assert "all as they were written" in ddesk(desk.data, "log", "verify").stdout
    again = open_desk()
    assert again.generation(generation)["recipe"]["prompt"] == ""


def test_without_the_wish_to_forget_the_words_stay(desk: DeskProcess) -> None:
    generation = a_picture(desk)
    images = desk.generation(generation)["images"]
    desk.post("/api/images/bulk", {"action": "purge", "images": images})
    for image in images:
        purged(desk, image)
    assert any(name.startswith("log.db") for name in holding(desk.data, PROMPT))

    said = desk.post("/api/images/bulk", {"action": "purge", "images": images, "forget": True})
    assert said == {"job": None, "forgotten": {"events": 3, "backups": []}}, "also of what was purged before"
    assert holding(desk.data, PROMPT, NEGATIVE, TAG) == set()


def test_an_emptied_trash_forgets_when_asked_to(desk: DeskProcess) -> None:
    images = desk.generation(a_picture(desk))["images"]
    said = desk.post("/api/trash/empty", {"forget": True})
    assert said == {"job": None, "forgotten": {"events": 3, "backups": []}}
    for image in images:
        purged(desk, image)
    assert holding(desk.data, PROMPT, NEGATIVE, TAG) == set()
    assert desk.post("/api/trash/empty", {"forget": True}) == {"job": None, "forgotten": {"events": 0, "backups": []}}


def test_a_backup_that_still_holds_the_words_is_named(desk: DeskProcess) -> None:
    generation = a_picture(desk)
    job = desk.post("/api/backups", {})["id"]
    desk.until("JobCompleted", stream=f"job-{job}")
    backup = desk.get("/api/backups")["items"][0]["name"]
    images = desk.generation(generation)["images"]
    said = desk.post("/api/images/bulk", {"action": "purge", "images": images, "forget": True})
    assert said["forgotten"]["backups"] == [str(desk.data / "backups" / backup)]
    for image in images:
        purged(desk, image)
    assert holding(desk.data, PROMPT, NEGATIVE, TAG) == {f"backups/{backup}"}


def test_the_prompt_of_a_generation_without_pictures_is_forgotten_and_it_can_not_be_tried_again(
    desk: DeskProcess,
) -> None:
    desk.post("/api/queue/pause")
    id_ = desk.request(PROMPT)
    assert desk.http.post(f"/api/generations/{id_}/forget").json()["code"] == "prompt_needed"
    desk.post(f"/api/generations/{id_}/cancel")
    assert desk.post(f"/api/generations/{id_}/forget") == {"events": 1, "backups": []}
    assert holding(desk.data, PROMPT) == set()
    assert desk.http.post(f"/api/generations/{id_}/retry").json()["code"] == "prompt_forgotten"


@pytest.mark.parametrize("action", ["trash", "tag"])
def test_only_a_purge_forgets(desk: DeskProcess, action: str) -> None:
    answer = desk.http.post("/api/images/bulk", json={"action": action, "images": ["a"], "forget": True})
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_forget")
