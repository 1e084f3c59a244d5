"""What waits or runs can be stopped, and leaves nothing behind."""

import io

from PIL import Image

from tests.desk.test_losses import LONG, until_sampling
from tests.desk_process import DeskProcess


def pixels_of(desk: DeskProcess, id_: str) -> bytes:
    image_id = desk.finished(id_)["images"][0]
    return Image.open(io.BytesIO(desk.http.get(f"/api/images/{image_id}/file").content)).tobytes()


def test_a_running_one_stops_and_the_next_is_as_if_nothing_had_been(first_desk: DeskProcess) -> None:
    undisturbed = pixels_of(first_desk, first_desk.request("a green house", seed=11))
    pid = first_desk.worker()["pid"]
    with first_desk.live() as live:
        live.until_type("ready")
        running = first_desk.request(seed=1, **LONG)
        following = first_desk.request("a green house", seed=11)
        until_sampling(live, running)
        assert first_desk.post(f"/api/generations/{running}/cancel")["status"] == "cancelled"
    assert pixels_of(first_desk, following) == undisturbed
    assert first_desk.worker()["pid"] == pid, "the worker was not ended for it"
    assert first_desk.story(running) == ["GenerationRequested", "GenerationStarted", "GenerationCancelled"]
    assert first_desk.generation(running)["images"] == []


def test_a_waiting_one_is_never_started(first_desk: DeskProcess) -> None:
    first_desk.post("/api/queue/pause")
    waiting = first_desk.request()
    first_desk.post(f"/api/generations/{waiting}/cancel")
    first_desk.post("/api/queue/resume")
    assert first_desk.finished(first_desk.request())["status"] == "completed"
    assert first_desk.story(waiting) == ["GenerationRequested", "GenerationCancelled"]


def test_cancelling_twice_is_cancelling_once(first_desk: DeskProcess) -> None:
    first_desk.post("/api/queue/pause")
    waiting = first_desk.request()
    for _ in range(2):
        assert first_desk.post(f"/api/generations/{waiting}/cancel")["status"] == "cancelled"
    first_desk.post("/api/queue/resume")
    assert first_desk.story(waiting).count("GenerationCancelled") == 1


def test_what_is_done_can_not_be_cancelled(first_desk: DeskProcess) -> None:
    done = first_desk.finished(first_desk.request())["id"]
    answer = first_desk.http.post(f"/api/generations/{done}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_ended")


def test_the_queue_is_paused_ordered_and_cleared(first_desk: DeskProcess) -> None:
    first_desk.post("/api/queue/pause")
    a, b, c, d = (first_desk.request(seed=seed) for seed in range(4))
    assert first_desk.get("/api/queue")["paused"]

    def order() -> list[str]:
        return [each["id"] for each in first_desk.get("/api/queue")["queued"]]

    assert order() == [a, b, c, d]
    first_desk.post(f"/api/generations/{c}/front")
    first_desk.post("/api/queue/reorder", {"generations": [d, a]})
    assert order() == [c, d, b, a]
    assert first_desk.post("/api/queue/clear")["cancelled"] == [c, d, b, a]
    assert order() == []
    cleared = first_desk.get("/api/events?stream=queue&limit=1")["items"][0]
    cancelled = first_desk.get(f"/api/events?stream=generation-{a}&limit=1")["items"][0]
    assert (cleared["type"], cancelled["type"]) == ("QueueCleared", "GenerationCancelled")
    assert cleared["command_id"] == cancelled["command_id"]
    first_desk.post("/api/queue/resume")


def test_what_was_cleared_and_wanted_again_can_be_cleared_again(first_desk: DeskProcess) -> None:
    first_desk.post("/api/queue/pause")
    waiting = first_desk.request()
    for _ in range(2):
        assert first_desk.post("/api/queue/clear")["cancelled"] == [waiting]
        assert first_desk.post(f"/api/generations/{waiting}/retry")["status"] == "queued"
    first_desk.post("/api/queue/clear")
    first_desk.post("/api/queue/resume")
    assert first_desk.generation(waiting)["status"] == "cancelled"


def test_at_the_front_of_the_queue_means_next(first_desk: DeskProcess) -> None:
    first_desk.post("/api/queue/pause")
    back = first_desk.request(seed=1)
    front = first_desk.request(seed=2, placement="front")
    first_desk.post("/api/queue/resume")
    ends = [first_desk.until("GenerationCompleted", stream=f"generation-{id_}")["position"] for id_ in (front, back)]
    assert ends == sorted(ends)
