"""What the desk would do on a smaller device, with the real engine and the starter model."""

from typing import Any

import pytest

from tests.conftest import OpenDesk
from tests.desk_process import DeskProcess, ddesk

DEVICE_MB = 1400


@pytest.fixture
def small(open_desk: OpenDesk) -> DeskProcess:
    desk = open_desk("--simulate-device", f"{DEVICE_MB}MB")
    desk.until("WorkerReady", stream="worker-image")
    return desk


def plans(desk: DeskProcess) -> list[Any]:
    events = desk.get("/api/events?after=0&limit=500&stream=memory-image")["items"]
    return [each["data"] for each in events if each["type"] == "MemoryPlanned"]


def test_a_size_that_would_not_fit_is_refused_with_one_that_does(small: DeskProcess) -> None:
    memory = small.get("/api/system")["memory"]
    assert (memory["total_mb"], memory["simulated"]) == (DEVICE_MB, True)
    refused = small.finished(small.request(width=1024, height=1024))
    assert (refused["status"], refused["failure"]["code"]) == ("failed", "does_not_fit")
    (plan,) = plans(small)
    assert not plan["fits"]
    assert plan["would_fit"] in refused["failure"]["words"]
    width, _, height = plan["would_fit"].partition(" × ")
    made = small.finished(small.request(width=int(width), height=int(height)))
    assert made["status"] == "completed"
    assert plans(small)[-1]["fits"]


def test_what_the_form_says_is_what_the_planner_then_does(small: DeskProcess) -> None:
    preset = small.get("/api/presets/image")["items"][0]["id"]
    foretold = small.get(f"/api/presets/image/{preset}/estimate?width=128&height=128")
    made = small.finished(small.request(width=128, height=128))
    (plan,) = [each for each in plans(small) if each["purpose"] == "picture"]
    assert (foretold["fits"], made["status"]) == (True, "completed")
    assert plan["planned_mb"] - plan["safety_mb"] == pytest.approx(foretold["peak_mb"], rel=0.01)
    story = small.get("/api/events?after=0&limit=500&stream=memory-image")["items"]
    (measured,) = [each["data"] for each in story if each["type"] == "MemoryMeasured"]
    assert measured["predicted_mb"] == pytest.approx(foretold["peak_mb"], rel=0.01)
    assert measured["measured_mb"] > 0


@pytest.mark.parametrize("size", ["big", "3MB"])
def test_what_is_no_size_is_refused_before_anything_is_opened(new_data: Any, size: str) -> None:
    done = ddesk("--data-dir", new_data, "--no-browser", "--simulate-device", size)
    assert done.returncode != 0
    assert f"{size!r} is no size of a device's memory" in done.stderr
    assert not (new_data / "log.db").exists()
