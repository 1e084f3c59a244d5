"""Everything that happened, as a person reads it and looks for it."""

from typing import Any

import pytest

from tests.conftest import OpenDesk
from tests.desk_process import DeskProcess


def a_picture(desk: DeskProcess, prompt: str = "a red car") -> str:
    return str(desk.finished(desk.request(prompt))["images"][0])


def entries(desk: DeskProcess, query: str = "") -> list[Any]:
    found = desk.get(f"/api/timeline?limit=500&{query}")["items"]
    assert isinstance(found, list)
    return found


def types(desk: DeskProcess, query: str = "") -> list[str]:
    return [each["type"] for each in entries(desk, query)]


def test_a_day_at_the_desk_is_told_newest_first_with_what_its_sentences_need(desk: DeskProcess) -> None:
    id_ = a_picture(desk, "a blue robot at night")
    desk.until("ImageThumbnailMade", stream=f"image-{id_}")
    desk.post(f"/api/images/{id_}/rate", {"rating": 2})
    desk.post(f"/api/images/{id_}/rate", {"rating": 5})
    newest = entries(desk)[0]
    assert (newest["type"], newest["data"], newest["actor"], newest["kind"]) == (
        "ImageRated",
        {"rating": 5},
        "api:tests",
        "image",
    )
    assert newest["about"] == {
        "images": [id_],
        "thumbnails": [f"/api/images/{id_}/thumbnail"],
        "prompt": "a blue robot at night",
        "preset": None,
        "job": None,
        "before": 2,
        "seconds": None,
    }
    assert newest["undoable"]
    positions = [each["position"] for each in entries(desk)]
    assert positions == sorted(positions, reverse=True)


def test_what_one_command_did_is_one_entry_and_every_event_is_in_one(desk: DeskProcess) -> None:
    ids = [a_picture(desk) for _ in range(3)]
    desk.post("/api/images/bulk", {"action": "trash", "images": ids})
    desk.until("ImageThumbnailMade", stream=f"image-{ids[-1]}")
    told = entries(desk)
    (trashed,) = (each for each in told if each["type"] == "ImageTrashed")
    assert trashed["group"]["types"] == {"ImageTrashed": 3}
    assert sorted(trashed["about"]["images"]) == sorted(ids)
    head = desk.get("/api/events?limit=1")["items"][0]["position"]
    covered = [at for each in told for at in range(each["group"]["first"], each["group"]["last"] + 1)]
    assert sorted(covered)[: head or 1] == list(range(1, len(covered) + 1))


def test_filters_narrow_and_words_find(desk: DeskProcess) -> None:
    robot, car = a_picture(desk, "A Blue ROBOT (at night)"), a_picture(desk, "a red car")
    desk.post(f"/api/images/{robot}/tags", {"add": ["favourite toys"]})
    desk.post(f"/api/images/{car}/rate", {"rating": 3})
    assert types(desk, "q=blue+robo") == ["GenerationRequested"]
    assert types(desk, "q=night+blue") == ["GenerationRequested"]
    assert types(desk, "q=night+car") == []
    assert types(desk, 'q="favo') == ["ImageTagged"]
    assert types(desk, "q=favo&kind=generation") == []
    assert types(desk, f"stream=image-{car}&actor=api") == ["ImageRated"]
    assert types(desk, "actor=api:tests&kind=image") == ["ImageRated", "ImageTagged"]
    assert types(desk, "actor=assistant") == []
    assert set(types(desk, "kind=preset&kind=log")) == {"ImagePresetCreated"}
    assert types(desk, "from=2100-01-01") == types(desk, "to=2000-01-01T00:00:00Z") == []
    day = entries(desk)[0]["day"]
    assert types(desk, f"from={day}&to={day}&kind=preset") == ["ImagePresetCreated"]


def test_the_newest_are_asked_for_by_the_last_that_was_seen(desk: DeskProcess) -> None:
    id_ = a_picture(desk)
    desk.until("ImageThumbnailMade", stream=f"image-{id_}")
    seen = desk.post(f"/api/images/{id_}/rate", {"rating": 1}) and entries(desk)[0]["group"]["last"]
    assert types(desk, f"after={seen}&kind=image") == []
    desk.post(f"/api/images/{id_}/favorite")
    desk.post(f"/api/images/{id_}/trash")
    assert types(desk, f"after={seen}") == ["ImageTrashed", "ImageFavorited"]


def test_the_days_and_the_counts_add_up_to_the_whole_log(desk: DeskProcess) -> None:
    a_picture(desk)
    days, counts = desk.get("/api/timeline/days"), desk.get("/api/timeline/counts")
    assert days["next"] is None
    assert days["items"][0]["count"] >= 10
    kinds = {each["name"]: each["count"] for each in counts["kinds"]}
    assert kinds["preset"] == 1
    assert kinds["generation"] == sum(each["count"] for each in desk.get("/api/timeline/days?kind=generation")["items"])


def test_an_event_tells_why_it_happened_what_came_of_it_and_what_it_changed(desk: DeskProcess) -> None:
    id_ = a_picture(desk)
    enqueued = desk.until("JobEnqueued")
    added = desk.get(f"/api/events/{enqueued['causation']}")
    assert (added["event"]["type"], added["before"]["added"]) == ("ImageAdded", None)
    assert enqueued["position"] in [each["position"] for each in added["effects"]]
    assert {each["type"] for each in added["together"]} >= {"ImageGenerated"}
    story = desk.get(f"/api/events/{enqueued['position']}")
    assert story["cause"]["position"] == enqueued["causation"]
    desk.post(f"/api/images/{id_}/rate", {"rating": 4})
    rated = desk.get(f"/api/events/{entries(desk)[0]['position']}")
    assert (rated["before"]["rating"], rated["after"]["rating"]) == (0, 4)
    assert rated["after"] == {**rated["before"], "rating": 4}


def test_a_lost_worker_is_told_with_how_long_it_was_away(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.until("WorkerReady", stream="worker-media")
    pid = desk.worker("media")["pid"]
    next(each for each in desk.processes() if each.pid == pid).kill()
    lost = desk.until("WorkerLost", stream="worker-media")
    desk.until("WorkerReady", stream="worker-media", after=lost["position"])
    told = next(each for each in entries(desk, "kind=worker") if each["type"] == "WorkerLost")
    assert 0 < told["about"]["seconds"] < 60


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/timeline?from=yesterday", 422, "bad_date"),
        ("/api/timeline?to=2026-02-31", 422, "bad_date"),
        ("/api/timeline?from=0001-01-01", 422, "bad_date"),
        ("/api/timeline?cursor=nonsense", 422, "bad_cursor"),
        ("/api/events/0", 404, "no_such_event"),
        ("/api/events/99999999", 404, "no_such_event"),
    ],
)
def test_what_can_not_be_asked_is_refused_in_plain_words(
    first_desk: DeskProcess, path: str, status: int, code: str
) -> None:
    answer = first_desk.http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "after=-1", f"q={'x' * 201}", "after=9223372036854775808"])
def test_what_is_out_of_bounds_is_refused(first_desk: DeskProcess, query: str) -> None:
    assert first_desk.http.get(f"/api/timeline?{query}").status_code in (400, 422)


TYPED = ['"', "*", "AND", "a OR b", "words:x", "NEAR(a b)", "-x", "^a", "(", "\0", "—", "'; --"]


@pytest.mark.parametrize("typed", TYPED)
def test_nothing_that_is_typed_is_more_than_words(first_desk: DeskProcess, typed: str) -> None:
    answer = first_desk.http.get("/api/timeline", params={"q": typed})
    assert answer.status_code == 200
    assert answer.json()["next"] is None
