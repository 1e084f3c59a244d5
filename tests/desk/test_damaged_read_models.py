"""The read models are disposable: damage of their file costs a rebuild and never a picture."""

import apsw
import pytest

from tests.conftest import OpenDesk
from tests.desk_process import DeskProcess

PAGE_BYTES = 4096


def damage(desk: DeskProcess, table: str) -> None:
    """Write over the first page of the table and of each of its indexes, in the file that the desk left."""
    (file,) = desk.data.glob("read-*.db")
    connection = apsw.Connection(str(file))
    select = "SELECT (rootpage - 1) * ? FROM sqlite_schema WHERE tbl_name = ? AND rootpage"
    places = [int(str(at)) for (at,) in connection.execute(select, (PAGE_BYTES, table))]
    connection.close()
    assert places
    with file.open("r+b") as content:
        for at in places:
            content.seek(at)
            content.write(b"\xff" * PAGE_BYTES)


def a_desk_that_made_a_picture(open_desk: OpenDesk) -> tuple[DeskProcess, str]:
    desk = open_desk()
    made = desk.finished(desk.request())
    assert desk.stop() == 0
    return desk, made["images"][0]


@pytest.mark.parametrize("table", ["generation", "job", "seen"])
def test_what_is_read_at_the_start_is_built_anew_at_once(open_desk: OpenDesk, table: str) -> None:
    before, image = a_desk_that_made_a_picture(open_desk)
    damage(before, table)
    after = open_desk()
    assert after.get(f"/api/images/{image}")["id"] == image
    assert after.get("/internal/health")["ok"]
    assert not [*after.data.glob("read-*condemned")]


def test_what_is_read_later_is_told_and_built_anew_at_the_next_start(open_desk: OpenDesk) -> None:
    before, image = a_desk_that_made_a_picture(open_desk)
    damage(before, "image")
    during = open_desk()
    answer = during.http.get("/api/images")
    assert (answer.status_code, answer.json()["code"]) == (503, "read_models_damaged")
    health = during.get("/internal/health")
    assert not health["ok"]
    assert all("start the desk again" in each["stalled"] for each in during.get("/api/system")["projections"][:1])
    during.post("/api/queue/pause")
    assert during.stop() == 0

    after = open_desk()
    assert [each["id"] for each in after.get("/api/images")["items"]] == [image]
    assert after.get("/api/queue")["paused"], "commands were taken meanwhile"
    assert after.get("/internal/health")["ok"]
    assert not [*after.data.glob("read-*condemned")]
