"""Undo, over a real desk."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from ddesk.events.codec import AnyEvent
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.ids import new_id
from ddesk.events.image import ImageAdded, ImageRated, ImageTagged
from ddesk.paths import DataDir, migrations
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from ddesk.store.records import Append
from tests.conftest import OpenDesk
from tests.desk_process import DeskProcess
from tests.starter_model import STEPS


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def newest(desk: DeskProcess, query: str) -> Any:
    return desk.get(f"/api/events?limit=1&{query}")["items"][0]


def undo(desk: DeskProcess, event: Any, **body: Any) -> Any:
    return desk.post(f"/api/undo/{event['position']}", body or None)


def a_picture(desk: DeskProcess) -> str:
    return str(desk.finished(desk.request())["images"][0])


def with_copies(data: Path, model: ImageAdded, count: int) -> list[str]:
    """So many more pictures with stars and tags, told to the log of a desk that is closed; no thumbnails are owed."""
    log = EventLog.open(DataDir(data).log, migrations())
    ids = [new_id() for _ in range(count)]
    facts = (model, ImageRated(3), ImageTagged(source="user", tags=("sea",)))
    events = tuple(NewEvent(f"image-{id_}", fact) for id_ in ids for fact in facts)
    log.append([Append(Origin(command_id="copies", correlation_id="copies", actor="desk"), {}, events)])
    log.save_reactor_position("thumbnails", log.head.position)
    log.close()
    return ids


def facts_of(data: Path, image_id: str) -> AnyEvent:
    reader = LogReader.open(DataDir(data).log)
    first = reader.stream(f"image-{image_id}")[0].event
    reader.close()
    return first


def everything(desk: DeskProcess, query: str = "") -> Iterator[Any]:
    cursor = ""
    while True:
        page = desk.get(f"/api/images?limit=500&{query}{cursor}")
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = f"&cursor={page['next']}"


def many_pictures(open_desk: OpenDesk, count: int) -> tuple[DeskProcess, list[str]]:
    """A desk with one picture that was made, and copies of it."""
    desk = open_desk()
    first = a_picture(desk)
    desk.until("ImageThumbnailMade", stream=f"image-{first}")
    desk.post(f"/api/images/{first}/rate", {"rating": 3})
    desk.post(f"/api/images/{first}/tags", {"add": ["sea"]})
    desk.stop()
    model = facts_of(desk.data, first)
    assert isinstance(model, ImageAdded)
    ids = [first, *with_copies(desk.data, model, count - 1)]
    return open_desk(), ids


def test_fifty_trashed_at_once_are_back_after_one_undo_with_stars_and_tags(open_desk: OpenDesk) -> None:
    desk, ids = many_pictures(open_desk, 50)
    before = list(everything(desk))
    assert len(before) == 50
    assert desk.post("/api/images/bulk", {"action": "trash", "images": ids}) == {"job": None}
    assert list(everything(desk)) == []
    trashed = newest(desk, "type=ImageTrashed")
    said = undo(desk, trashed)
    assert [each["type"] for each in said["undone"]] == ["ImageTrashed"] * 50
    assert list(everything(desk)) == before
    assert {(each["rating"], *each["tags"]) for each in everything(desk, "tag=sea")} == {(3, "sea")}
    restored = newest(desk, "type=ImageRestored")
    assert (restored["causation"], restored["actor"]) == (trashed["position"], "api:tests")
    undo(desk, restored)
    assert list(everything(desk)) == []


def until_told(desk: DeskProcess, stream: str, kind: str) -> None:
    """A client that is told of thousands of events at once is let go, and comes back."""
    while True:
        with desk.live() as live:
            live.until_type("ready")
            if kind in desk.story_of(stream):
                return
            with suppress(ConnectionClosed):
                live.until_event(kind, stream=stream)


def killed_in_the_middle(open_desk: OpenDesk, desk: DeskProcess, begin: Callable[[], str]) -> DeskProcess:
    """Another desk, which has brought the job to its end."""
    with desk.live() as live:
        live.until_type("ready")
        job = begin()
        live.until_event("JobAdvanced", stream=f"job-{job}")
        desk.kill()
    again = open_desk()
    until_told(again, f"job-{job}", "JobCompleted")
    assert "JobInterrupted" in again.story_of(f"job-{job}")
    return again


def trash(desk: DeskProcess, ids: list[str]) -> str:
    """The id of the job that does it."""
    return str(desk.post("/api/images/bulk", {"action": "trash", "images": ids})["job"])


def test_more_than_a_thousand_go_on_after_a_kill_and_are_undone_as_one(open_desk: OpenDesk) -> None:
    desk, ids = many_pictures(open_desk, 4_500)
    before = list(everything(desk))
    desk = killed_in_the_middle(open_desk, desk, partial(trash, desk, ids))
    assert list(everything(desk)) == []
    trashed = newest(desk, "type=ImageTrashed")
    desk = killed_in_the_middle(open_desk, desk, lambda: str(undo(desk, trashed)["job"]))
    assert list(everything(desk)) == before
    again = undo(desk, newest(desk, "type=ImageRestored"))["job"]
    until_told(desk, f"job-{again}", "JobCompleted")
    assert len(list(everything(desk, "trashed=true"))) == len(ids)


def test_a_bulk_that_is_undone_while_it_is_at_work_is_stopped_and_taken_back(open_desk: OpenDesk) -> None:
    desk, ids = many_pictures(open_desk, 4_000)
    job = trash(desk, ids)
    until_told(desk, f"job-{job}", "JobAdvanced")
    said = undo(desk, newest(desk, "type=JobAdvanced"))
    if said["job"]:
        until_told(desk, f"job-{said['job']}", "JobCompleted")
    assert len(list(everything(desk))) == len(ids)


def edit(desk: DeskProcess, **fields: Any) -> Any:
    preset = desk.get("/api/presets/image")["items"][0]["id"]
    return desk.http.patch(f"/api/presets/image/{preset}", json=fields).raise_for_status().json()


def test_of_three_edits_of_a_preset_the_second_comes_back(desk: DeskProcess) -> None:
    first = edit(desk, steps=10)
    second = edit(desk, steps=11, notes="two")
    edit(desk, steps=12, notes="three")
    undo(desk, newest(desk, "type=ImagePresetEdited"))
    assert desk.get("/api/presets/image")["items"] == [second]
    assert first != second


def test_what_was_edited_since_is_refused_by_its_field_and_can_be_forced(desk: DeskProcess) -> None:
    edit(desk, steps=10)
    mine = newest(desk, "type=ImagePresetEdited")
    edit(desk, steps=12, name="Mine")
    answer = desk.http.post(f"/api/undo/{mine['position']}")
    assert code(answer) == (409, "undo_superseded")
    assert [(each["field"], each["position"]) for each in answer.json()["facts"]["fields"]] == [
        ("steps", mine["position"])
    ]
    undo(desk, mine, force=True)
    preset = desk.get("/api/presets/image")["items"][0]
    assert (preset["name"], preset["steps"]) == ("Mine", STEPS)


def test_a_setting_is_set_back_in_the_file_and_in_force(desk: DeskProcess) -> None:
    for key, value in (("thumbnail_side", 64), ("log_level", "DEBUG")):
        before = {each["key"]: each["value"] for each in desk.get("/api/settings")["items"]}
        desk.http.put(f"/api/settings/{key}", json={"value": value}).raise_for_status()
        undo(desk, newest(desk, "type=SettingChanged"))
        assert {each["key"]: each["value"] for each in desk.get("/api/settings")["items"]} == before
        assert f'{key} = "{before[key]}"' in (toml := (desk.data / "settings.toml").read_text()) or (
            f"{key} = {before[key]}" in toml
        )


def test_a_cleared_queue_waits_again_in_its_order(desk: DeskProcess) -> None:
    desk.post("/api/queue/pause")
    ids = [desk.request(prompt) for prompt in ("one", "two", "three")]
    desk.post("/api/queue/reorder", {"generations": [ids[2], ids[0]]})
    order = queued(desk)
    desk.post("/api/queue/clear")
    undo(desk, newest(desk, "type=QueueCleared"))
    assert queued(desk) == order
    undo(desk, newest(desk, "type=QueueReordered"))
    assert queued(desk) == ids
    undo(desk, newest(desk, "type=QueuePaused"))
    desk.until("GenerationCompleted", stream=f"generation-{ids[0]}")


def queued(desk: DeskProcess) -> list[str]:
    return [each["id"] for each in desk.get("/api/queue")["queued"]]


def test_a_request_is_undone_by_trashing_what_came_of_it(desk: DeskProcess) -> None:
    made = desk.finished(desk.request(batch=2))
    undo(desk, newest(desk, "type=GenerationRequested"))
    assert {each["id"] for each in everything(desk, "trashed=true")} == set(made["images"])


def test_all_that_one_asked_for_on_one_account_is_undone_as_one(desk: DeskProcess) -> None:
    id_ = a_picture(desk)
    for path, body in (("rate", {"rating": 5}), ("tags", {"add": ["sea"]}), ("favorite", None)):
        desk.http.post(f"/api/images/{id_}/{path}", json=body, headers={"X-Request-Id": "talk"}).raise_for_status()
    said = desk.post("/api/undo", {"correlation_id": "talk"})
    assert [each["type"] for each in said["undone"]] == ["ImageFavorited", "ImageTagged", "ImageRated"]
    image = desk.get(f"/api/images/{id_}")
    assert (image["rating"], image["tags"], image["favorite"]) == (0, [], False)
    assert desk.post("/api/undo", {"correlation_id": "talk"}) == {"position": None, "undone": [], "job": None}
    assert code(desk.http.post("/api/undo", json={"correlation_id": "nothing"})) == (404, "no_such_correlation")


def test_an_undo_sent_again_with_its_key_is_done_once(desk: DeskProcess) -> None:
    id_ = a_picture(desk)
    desk.post(f"/api/images/{id_}/trash")
    trashed = newest(desk, "type=ImageTrashed")
    headers = {"Idempotency-Key": "once"}
    answers = [desk.http.post(f"/api/undo/{trashed['position']}", headers=headers).json() for _ in range(2)]
    assert answers[0]["position"] == answers[1]["position"]
    assert desk.story_of(f"image-{id_}").count("ImageRestored") == 1


@pytest.mark.parametrize("kind", ["WorkerStarted", "GenerationStarted", "ImageAdded", "ImagePurged"])
def test_what_nobody_can_take_back_says_why(desk: DeskProcess, kind: str) -> None:
    id_ = a_picture(desk)
    desk.post(f"/api/images/{id_}/trash")
    desk.http.post(f"/api/images/{id_}/purge").raise_for_status()
    event = newest(desk, f"type={kind}")
    said = desk.get(f"/api/undo/{event['position']}")
    answer = desk.http.post(f"/api/undo/{event['position']}")
    assert said["undoable"] is False
    assert code(answer) == (409, "cannot_undo")
    assert answer.json()["detail"] == said["why_not"] != ""


@pytest.mark.parametrize("position", [0, -1, 10**9, 2**63 - 1])
def test_an_event_that_is_not_there_is_not_found(desk: DeskProcess, position: int) -> None:
    assert code(desk.http.post(f"/api/undo/{position}")) == (404, "no_such_event")
    assert code(desk.http.get(f"/api/undo/{position}")) == (404, "no_such_event")


def test_tags_are_listed_by_use_and_by_their_beginning(desk: DeskProcess) -> None:
    first, second = (a_picture(desk) for _ in range(2))
    for id_, tags in ((first, ["sea", "Sky"]), (second, ["sea", "night"])):
        desk.post(f"/api/images/{id_}/tags", {"add": tags})
    assert desk.get("/api/tags")["items"] == [
        {"name": "sea", "count": 2},
        {"name": "night", "count": 1},
        {"name": "sky", "count": 1},
    ]
    assert [each["name"] for each in desk.get("/api/tags?prefix=S")["items"]] == ["sea", "sky"]
    page = desk.get("/api/tags?limit=2")
    assert [each["name"] for each in desk.get(f"/api/tags?limit=2&cursor={page['next']}")["items"]] == ["sky"]
    desk.post(f"/api/images/{second}/tags", {"remove": ["night"]})
    assert "night" not in {each["name"] for each in desk.get("/api/tags")["items"]}


def test_an_emptied_trash_has_nothing_in_it_and_no_bytes_on_the_disk(desk: DeskProcess) -> None:
    gone, kept = (a_picture(desk) for _ in range(2))
    size = desk.get(f"/api/images/{gone}")["file_size"]
    desk.post(f"/api/images/{gone}/trash")
    assert desk.get("/api/trash") == {"count": 1, "size": size}
    desk.post("/api/trash/empty")
    assert desk.get("/api/trash") == {"count": 0, "size": 0}
    assert [each["id"] for each in everything(desk)] == [kept]
    assert desk.http.post("/api/trash/empty").json() == {"job": None}
