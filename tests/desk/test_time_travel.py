"""The desk as it was, and what is brought back from there."""

from typing import Any

import pytest

from tests.desk_process import DeskProcess

QUERIES = ("images", "generations", "queue", "presets/image", "jobs", "events")


def a_finished_picture(desk: DeskProcess, prompt: str = "a red car") -> str:
    """Its id, once all that follows from it has happened: its thumbnail is made."""
    id_ = str(desk.finished(desk.request(prompt))["images"][0])
    desk.until("JobCompleted", stream=f"job-thumbnail-{id_}")
    return id_


def head(desk: DeskProcess) -> int:
    return int(desk.get("/api/as-of")["head"])


def answers(desk: DeskProcess, below: str, image: str) -> dict[str, Any]:
    paths = (*QUERIES, f"images/{image}")
    return {path: desk.get(f"{below}/{path}") for path in paths}


def bring_back(desk: DeskProcess, position: int, stream: str, key: str = "") -> bool:
    told = desk.post(f"/api/as-of/{position}/restore", {"stream": stream, "key": key})
    assert isinstance(told["changed"], bool)
    return told["changed"]


def code(desk: DeskProcess, path: str) -> tuple[int, str]:
    answer = desk.http.get(path)
    return answer.status_code, answer.json()["code"]


def test_every_query_is_answered_as_it_was_then(desk: DeskProcess) -> None:
    first = a_finished_picture(desk)
    desk.post("/api/queue/pause")
    desk.request("a waiting tree")
    then, position = answers(desk, "/api", first), head(desk)
    desk.post("/api/queue/clear")
    desk.post("/api/queue/resume")
    desk.post(f"/api/images/{first}/rate", {"rating": 3})
    desk.post(f"/api/images/{first}/trash")
    desk.http.patch("/api/presets/image/starter", json={"name": "Mine"}).raise_for_status()
    a_finished_picture(desk, "a blue tree")
    assert answers(desk, f"/api/as-of/{position}", first) == then
    assert answers(desk, "/api", first) != then


def test_settings_are_shown_as_the_log_has_them(desk: DeskProcess) -> None:
    desk.http.put("/api/settings/thumbnail_side", json={"value": 128}).raise_for_status()
    position = desk.until("SettingChanged")["position"]  # a worker may have said something since
    desk.http.put("/api/settings/thumbnail_side", json={"value": 256}).raise_for_status()
    sides = [side(desk, below) for below in (f"/api/as-of/{position - 1}", f"/api/as-of/{position}", "/api")]
    assert sides == [320, 128, 256]


def side(desk: DeskProcess, below: str) -> object:
    return next(each["value"] for each in desk.get(f"{below}/settings")["items"] if each["key"] == "thumbnail_side")


def test_a_picture_that_is_gone_for_good_is_shown_as_missing_in_its_time(desk: DeskProcess) -> None:
    id_ = a_finished_picture(desk)
    position = head(desk)
    desk.post(f"/api/images/{id_}/trash")
    desk.http.post(f"/api/images/{id_}/purge").raise_for_status()
    while [*desk.data.glob(f"images/**/{id_}.png")]:
        assert desk.process.poll() is None
    assert desk.get(f"/api/as-of/{position}/images/{id_}")["missing"] is True
    answer = desk.http.post(f"/api/as-of/{position}/restore", json={"stream": f"image-{id_}"})
    assert (answer.status_code, answer.json()["code"]) == (409, "image_purged")


def test_a_moment_is_found_by_its_time(first_desk: DeskProcess) -> None:
    events = first_desk.get("/api/events?after=0&limit=5")["items"]
    assert first_desk.get(f"/api/as-of?at={events[0]['recorded_at'].replace('Z', '999Z')}")["position"] >= 1
    assert first_desk.get("/api/as-of?at=2001-01-01T00:00:00Z")["position"] == 0
    marks = first_desk.get("/api/as-of/marks?count=3")["items"]
    assert marks[0] == {"position": 1, "recorded_at": events[0]["recorded_at"]}
    assert [mark["position"] for mark in marks] == sorted(mark["position"] for mark in marks)


@pytest.mark.parametrize("position", ["-1", "99999999", "9" * 30])
def test_a_position_that_never_was_is_refused(first_desk: DeskProcess, position: str) -> None:
    assert code(first_desk, f"/api/as-of/{position}/images") == (404, "no_such_position")
    assert code(first_desk, f"/api/as-of/{position}") == (404, "no_such_position")


def test_a_pictures_marks_are_brought_back_by_new_events_once(desk: DeskProcess) -> None:
    id_ = a_finished_picture(desk)
    path, stream = f"/api/images/{id_}", f"image-{id_}"
    desk.post(f"{path}/rate", {"rating": 4})
    desk.post(f"{path}/tags", {"add": ["night", "sea"]})
    desk.post(f"{path}/favorite")
    then, position = desk.get(path), head(desk)
    desk.post(f"{path}/rate", {"rating": 1})
    desk.post(f"{path}/tags", {"add": ["noise"], "remove": ["sea"]})
    desk.post(f"{path}/unfavorite")
    desk.post(f"{path}/trash")
    before = len(desk.story_of(stream))
    assert bring_back(desk, position, stream)
    assert desk.get(path) == then
    assert not bring_back(desk, position, stream)
    added = desk.get(f"/api/events?after=0&stream={stream}")["items"][before:]
    kinds = {"ImageRated", "ImageTagged", "ImageUntagged", "ImageFavorited", "ImageRestored"}
    assert {event["type"] for event in added} == kinds
    assert {(event["actor"], event["causation"]) for event in added} == {("api:tests", position)}


def test_a_preset_is_brought_back_also_after_it_was_deleted(desk: DeskProcess) -> None:
    path = "/api/presets/image/starter"
    for name in ("One", "Two", "Three"):
        desk.http.patch(path, json={"name": name}).raise_for_status()
    second = desk.get("/api/events?type=ImagePresetEdited")["items"][1]["position"]
    desk.http.delete(path).raise_for_status()
    assert bring_back(desk, second, "image_preset-starter")
    assert [preset["name"] for preset in desk.get("/api/presets/image")["items"]] == ["Two"]
    assert not bring_back(desk, second, "image_preset-starter")


def test_a_setting_is_brought_back_and_followed(desk: DeskProcess) -> None:
    position = head(desk)
    desk.http.put("/api/settings/thumbnail_side", json={"value": 128}).raise_for_status()
    assert bring_back(desk, position, "settings", "thumbnail_side")
    assert side(desk, "/api") == 320
    assert "thumbnail_side = 320" in (desk.data / "settings.toml").read_text()
    assert not bring_back(desk, position, "settings", "thumbnail_side")


def test_the_order_of_what_still_waits_is_brought_back(desk: DeskProcess) -> None:
    desk.post("/api/queue/pause")
    first, second, third = (desk.request() for _ in range(3))
    position = head(desk)
    desk.post("/api/queue/reorder", {"generations": [third, second, first]})
    desk.post(f"/api/generations/{second}/cancel")
    assert bring_back(desk, position, "queue")
    assert [each["id"] for each in desk.get("/api/queue")["queued"]] == [first, third]
    assert not bring_back(desk, position, "queue")
    desk.post("/api/queue/clear")


@pytest.mark.parametrize(
    ("stream", "told"),
    [
        ("worker-image", (422, "not_brought_back")),
        ("image-nothing", (404, "not_there_then")),
        ("nothing", (404, "no_such_stream")),
        ("settings", (404, "unknown_setting")),
    ],
)
def test_what_can_not_be_brought_back_says_why(first_desk: DeskProcess, stream: str, told: tuple[int, str]) -> None:
    answer = first_desk.http.post(f"/api/as-of/{head(first_desk)}/restore", json={"stream": stream})
    assert (answer.status_code, answer.json()["code"]) == told


def test_a_stream_says_what_it_had_come_to_at_any_position(desk: DeskProcess) -> None:
    id_ = a_finished_picture(desk)
    position = head(desk)
    desk.post(f"/api/images/{id_}/rate", {"rating": 2})
    then, now = (desk.get(f"/api/streams/image-{id_}{at}") for at in (f"?at={position}", ""))
    assert (then["version"], then["state"]["rating"]) == (2, 0)
    assert (now["version"], now["state"]["rating"]) == (3, 2)
    assert desk.get(f"/api/streams/image-{id_}?at=0")["version"] == 0
    assert code(desk, "/api/streams/image-nothing") == (404, "no_such_stream")
