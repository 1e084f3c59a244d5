"""What people do to pictures and presets."""

from typing import Any

import httpx
import pytest

from tests.conftest import OpenDesk
from tests.desk_process import DeskProcess


def a_picture(desk: DeskProcess) -> str:
    """Its id, once all that the desk does with it is done."""
    id_ = str(desk.finished(desk.request())["images"][0])
    desk.until("ImageThumbnailMade", stream=f"image-{id_}")
    return id_


def image(desk: DeskProcess, id_: str) -> Any:
    return desk.get(f"/api/images/{id_}")


def refused(desk: DeskProcess, path: str, body: object = None) -> tuple[int, str]:
    answer = desk.http.post(path, json=body)
    return answer.status_code, answer.json()["code"]


def test_stars_favourites_and_tags_are_kept_across_a_restart(open_desk: OpenDesk) -> None:
    desk = open_desk()
    id_ = a_picture(desk)
    desk.post(f"/api/images/{id_}/rate", {"rating": 4})
    desk.post(f"/api/images/{id_}/favorite")
    desk.post(f"/api/images/{id_}/tags", {"add": ["Night  Sky", "red", "car"]})
    said = desk.post(f"/api/images/{id_}/tags", {"remove": ["CAR"]})
    assert (said["rating"], said["favorite"], said["tags"]) == (4, True, ["night sky", "red"])
    desk.stop()
    assert image(open_desk(), id_) == said


def test_a_trashed_picture_is_in_the_trash_alone_until_it_is_restored(desk: DeskProcess) -> None:
    id_ = a_picture(desk)
    desk.post(f"/api/images/{id_}/trash")
    assert [each["id"] for each in desk.get("/api/images")["items"]] == []
    assert [each["id"] for each in desk.get("/api/images?trashed=true")["items"]] == [id_]
    assert desk.http.get(f"/api/images/{id_}/file").status_code == 200
    desk.post(f"/api/images/{id_}/restore")
    assert [each["id"] for each in desk.get("/api/images")["items"]] == [id_]


def test_only_what_is_in_the_trash_is_removed_for_good_and_then_its_bytes_are_gone(desk: DeskProcess) -> None:
    id_ = a_picture(desk)
    assert refused(desk, f"/api/images/{id_}/purge") == (409, "not_in_trash")
    files = [*desk.data.glob(f"images/**/{id_}.png"), *desk.data.glob(f"thumbs/**/{id_}.webp")]
    assert len(files) == 2
    desk.post(f"/api/images/{id_}/trash")
    assert desk.post(f"/api/images/{id_}/purge") == {"events": 0, "backups": []}
    while any(file.exists() for file in files):
        assert desk.process.poll() is None
    assert desk.http.get(f"/api/images/{id_}").status_code == 404
    assert refused(desk, f"/api/images/{id_}/rate", {"rating": 3}) == (409, "image_purged")


def test_the_list_is_narrowed_by_tags_stars_and_favourites(desk: DeskProcess) -> None:
    first, second = (a_picture(desk) for _ in range(2))
    desk.post(f"/api/images/{first}/tags", {"add": ["red", "car"]})
    desk.post(f"/api/images/{second}/tags", {"add": ["red"]})
    desk.post(f"/api/images/{second}/rate", {"rating": 5})
    desk.post(f"/api/images/{first}/favorite")

    def listed(query: str) -> list[str]:
        return [each["id"] for each in desk.get(f"/api/images?{query}")["items"]]

    assert listed("tag=red") == [second, first]
    assert listed("tag=red&tag=Car") == [first]
    assert listed("min_rating=4") == [second]
    assert listed("favorite=true") == [first]
    assert listed("tag=red&min_rating=4&favorite=true") == []


@pytest.mark.parametrize(
    ("path", "body"),
    [("rate", {"rating": 6}), ("rate", {"rating": -1}), ("tags", {"add": [""]}), ("tags", {"add": ["x" * 101]})],
)
def test_what_does_not_fit_is_refused(desk: DeskProcess, path: str, body: object) -> None:
    id_ = a_picture(desk)
    assert desk.http.post(f"/api/images/{id_}/{path}", json=body).status_code in (400, 422)
    assert desk.story_of(f"image-{id_}") == ["ImageAdded", "ImageThumbnailMade"]


def test_a_picture_that_is_not_there_is_not_found(desk: DeskProcess) -> None:
    assert refused(desk, "/api/images/nothing/trash") == (404, "no_such_image")


def test_many_are_changed_as_one_and_those_that_are_gone_are_passed_over(desk: DeskProcess) -> None:
    ids = [a_picture(desk) for _ in range(3)]
    body = {"action": "tag", "tags": ["sea"], "images": [*ids, "gone"]}
    assert desk.post("/api/images/bulk", body) == {"job": None}
    assert [image(desk, id_)["tags"] for id_ in ids] == [["sea"]] * 3
    events = desk.get("/api/events?type=ImageTagged")["items"]
    assert len({event["command_id"] for event in events}) == 1


def test_a_preset_is_edited_deleted_and_restored(desk: DeskProcess) -> None:
    preset = desk.get("/api/presets/image")["items"][0]
    path = f"/api/presets/image/{preset['id']}"
    edited = desk.http.patch(path, json={"name": "Mine", "steps": 9}).raise_for_status().json()
    assert edited == {**preset, "name": "Mine", "steps": 9}
    made = desk.finished(desk.post("/api/generations", {"prompt": "a car", "width": 64, "height": 64})["id"])
    assert (made["recipe"]["steps"], made["recipe"]["preset_name"]) == (9, "Mine")
    waiting = desk.request()
    assert desk.http.delete(path).status_code == 204
    assert desk.get("/api/presets/image")["items"] == []
    assert refused(desk, "/api/generations", {"prompt": "a car", "preset": preset["id"]}) == (404, "no_such_preset")
    assert desk.finished(waiting)["status"] == "completed", "what was asked for before is still made"
    assert code(desk.http.patch(path, json={"name": "Yours"})) == (409, "preset_deleted")
    desk.post(f"{path}/restore")
    assert desk.get("/api/presets/image")["items"] == [edited]


def test_defaults_that_make_no_picture_are_refused(desk: DeskProcess) -> None:
    path = f"/api/presets/image/{desk.get('/api/presets/image')['items'][0]['id']}"
    assert code(desk.http.patch(path, json={"width": 5000})) == (422, "size_out_of_range")
    assert code(desk.http.patch(path, json={"sampler": "guess"})) == (422, "unknown_sampler")
    assert code(desk.http.patch("/api/presets/image/nothing", json={"name": "x"})) == (404, "no_such_preset")


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
