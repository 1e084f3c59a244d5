"""What was decided about memory and what came of it, asked of a desk as it is and as it was."""

from pathlib import Path

import pytest

from tests.conftest import OpenDesk
from tests.desk.memory_told import FIRST_MEASURED, SHORT, tell
from tests.desk_process import DeskProcess


@pytest.fixture
def asked(new_data: Path, open_desk: OpenDesk) -> DeskProcess:
    tell(new_data)
    return open_desk()


def test_a_generation_tells_every_plan_and_what_each_picture_took(asked: DeskProcess) -> None:
    told = asked.get("/api/generations/a/memory")
    refused, fitting = told["plans"]
    assert (refused["position"], refused["fits"], refused["short_mb"], refused["would_fit"]) == (
        2, False, 512.0, "512 × 512",
    )  # fmt: skip
    assert (fitting["position"], fitting["fits"], fitting["weights_mb"]) == (3, True, SHORT.weights_mb)
    (step,) = fitting["steps"]
    assert (step["rung"], step["owner"], step["saving_mb"], step["cost_seconds"]) == (
        "hard_unload",
        "language",
        3000,
        4,
    )
    assert [each["error"] for each in told["measured"]] == [0.1, -0.45]
    assert asked.http.get("/api/generations/c/memory").status_code == 404


def test_measurements_are_paged_and_narrowed_to_a_preset(asked: DeskProcess) -> None:
    first = asked.get("/api/memory/measurements?limit=1")
    (newest,) = first["items"]
    assert (newest["image_id"], newest["predicted_mb"], newest["measured_mb"]) == ("a-1", 1100.0, 2000.0)
    (older,) = asked.get(f"/api/memory/measurements?limit=2&cursor={first['next']}")["items"]
    assert older["image_id"] == "a-0"
    of_preset = asked.get("/api/memory/measurements?preset=toy")
    assert ([each["image_id"] for each in of_preset["items"]], of_preset["next"]) == (["a-0"], None)


def test_the_past_knows_only_what_was_known_then(asked: DeskProcess) -> None:
    then = asked.get(f"/api/as-of/{FIRST_MEASURED}/generations/a/memory")
    assert (len(then["plans"]), len(then["measured"])) == (2, 1)
    assert len(asked.get(f"/api/as-of/{FIRST_MEASURED}/memory/measurements")["items"]) == 1
