"""The log can be checked by anyone, and what is built from it may break without it."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import apsw
import httpx
import pytest

from ddesk.bootstrap import PROJECTIONS, running_desk
from ddesk.events.envelope import Recorded
from ddesk.paths import DataDir
from ddesk.server.application import create_application
from ddesk.server.sessions import Sessions
from ddesk.settings import Settings
from tests.conftest import OpenDesk
from tests.desk_process import SMALL


def ddesk(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ddesk", *arguments, "--data-dir", str(data)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def used(open_desk: OpenDesk, new_data: Path) -> Path:
    """A data directory in which a picture was made, its desk closed."""
    desk = open_desk()
    desk.finished(desk.request("a yellow star"))
    desk.until("ImageThumbnailMade")
    desk.stop()
    return new_data


def test_the_whole_log_is_verified_by_one_command(used: Path) -> None:
    found = ddesk(used, "log", "verify")
    assert found.returncode == 0, found.stderr
    assert "all as they were written" in found.stdout


def test_one_changed_byte_is_found_and_its_event_named(used: Path) -> None:
    db = apsw.Connection(str(used / "log.db"))
    position, data = db.execute("select position, data from event where type = 'ImageGenerated'").fetchone() or (0, "")
    _drop_triggers(db)
    changed = str(data).replace('"seed":', '"seed":1', 1)
    db.execute("update event set data = ? where position = ?", (changed, position))
    db.close()
    found = ddesk(used, "log", "verify")
    assert found.returncode == 1
    assert found.stdout.startswith(f"Event {position} is not as it was written")


def test_the_newest_events_are_shown(used: Path) -> None:
    found = ddesk(used, "log", "tail", "-n", "3")
    assert len(found.stdout.splitlines()) == 3
    assert "WorkerStopped" in found.stdout


def test_the_read_models_are_rebuilt_by_one_command(used: Path, open_desk: OpenDesk) -> None:
    for path in used.glob("read-*"):
        path.write_bytes(b"spoiled")
    found = ddesk(used, "rebuild")
    assert found.returncode == 0, found.stderr
    assert "gallery" in found.stdout
    assert len(open_desk().get("/api/images")["items"]) == 1


def test_a_rebuild_under_a_running_desk_is_refused(open_desk: OpenDesk, new_data: Path) -> None:
    open_desk()
    found = ddesk(new_data, "rebuild")
    assert found.returncode == 1
    assert "running" in found.stderr


def test_the_log_of_a_later_version_is_refused_in_plain_words(used: Path) -> None:
    db = apsw.Connection(str(used / "log.db"))
    db.execute("pragma user_version = 999")
    db.close()
    found = ddesk(used, "--no-browser", "--port", "0")
    assert found.returncode == 1
    assert "newer" in found.stderr or "later" in found.stderr
    assert "Traceback" not in found.stderr


class Stumbling:
    """A projection with a mistake in it."""

    name = "stumbling"
    version = 1
    schema: Sequence[str] = ()

    def apply(self, _db: apsw.Connection, recorded: Recorded) -> None:
        if recorded.type == "GenerationRequested":
            raise RuntimeError("a mistake")


def test_a_stalled_projection_is_shown_in_health_while_pictures_go_on(new_data: Path) -> None:
    asyncio.run(_stalled_projection(DataDir(new_data)))


async def _stalled_projection(data: DataDir) -> None:
    data.create()
    sessions = Sessions(data)
    async with running_desk(data, Settings(), (*PROJECTIONS, Stumbling())) as desk:
        application = create_application(desk, sessions, "http://desk", frozenset({"desk"}), data.root)
        transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]  # both speak ASGI
        headers = {"Authorization": f"Bearer {sessions.token}"}
        completed = asyncio.Event()
        loaded = asyncio.Event()

        def hear(events: Sequence[Recorded]) -> None:
            if any(each.type == "GenerationCompleted" for each in events):
                completed.set()
            if any(each.type in ("ImagePresetCreated", "WorkerReady") for each in events):
                loaded.set()

        desk.feed.on_events(hear)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk", headers=headers) as http:
            assert (await http.get("/internal/health")).json()["ok"]
            await asyncio.wait_for(loaded.wait(), 60)
            asked = await http.post("/api/generations", json={"prompt": "a red car", **SMALL})
            assert asked.status_code == 202, asked.text
            await asyncio.wait_for(completed.wait(), 60)
            health = (await http.get("/internal/health")).json()
            system = (await http.get("/api/system")).json()
            part = (await http.get("/internal/health/stumbling")).json()
            images = (await http.get("/api/images")).json()
    assert set(health) == {"ok", "service", "version", "model_loaded", "vram_allocated_mb", "vram_free_mb"}
    assert not health["ok"]
    assert not part["ok"]
    stalled = {each["name"]: each["stalled"] for each in system["projections"] if each["stalled"]}
    assert list(stalled) == ["stumbling"]
    assert "a mistake" in stalled["stumbling"]
    assert len(images["items"]) == 1


def _drop_triggers(db: apsw.Connection) -> None:
    for (name,) in db.execute("select name from sqlite_schema where type = 'trigger'").fetchall():
        db.execute(f"drop trigger {name}")
