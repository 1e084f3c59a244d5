"""A real desk in a process of its own, as a person starts it, and what a test says to it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
from websockets.sync.client import ClientConnection, connect

SECONDS = 120.0
"""How long anything is awaited before the test is given up; nothing is ever slept."""

ENDS = ("GenerationCompleted", "GenerationFailed", "GenerationCancelled")
SMALL = {"width": 64, "height": 64, "steps": 2, "seed": 7}
"""With a seed: the same picture in every run."""
Told = dict[str, Any]


def ddesk(
    *arguments: str | Path, environment: dict[str, str] | None = None, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """A command as it is typed, once it has ended. `before` is called in its process, before the program is loaded."""
    return subprocess.run(
        [sys.executable, "-m", "ddesk", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=2 * SECONDS,
        check=False,
        env={**os.environ, **(environment or {})},
        preexec_fn=before,
    )


class DeskProcess:
    def __init__(self, data: Path, *flags: str, environment: dict[str, str] | None = None) -> None:
        self.data = data
        command = [sys.executable, "-m", "ddesk", "--data-dir", str(data), "--port", "0", "--no-browser", *flags]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}
        )
        assert self.process.stdout is not None
        self.greeting = self.process.stdout.readline()
        told = json.loads((data / "desk.json").read_bytes())
        self.url: str = told["url"]
        self.token: str = told["token"]
        self.http = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.token}", "X-Client": "tests"},
            timeout=SECONDS,
            trust_env=False,
        )

    @property
    def launch_url(self) -> str:
        return str(self.post("/api/session/launch")["url"])

    def get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()

    def post(self, path: str, body: object = None) -> Any:
        return self.http.post(path, json=body).raise_for_status().json()

    def request(self, prompt: str = "a red car", **wishes: Any) -> str:
        """Ask for a small picture; the generation's id."""
        return str(self.post("/api/generations", {"prompt": prompt, **SMALL, **wishes})["id"])

    def generation(self, id_: str) -> Any:
        return self.get(f"/api/generations/{id_}")

    def story(self, id_: str) -> list[str]:
        """The types of a generation's events, in order."""
        return self.story_of(f"generation-{id_}")

    def story_of(self, stream: str) -> list[str]:
        events = self.get(f"/api/events?after=0&limit=500&stream={stream}")["items"]
        return [event["type"] for event in events]

    def worker(self, kind: str = "image") -> Any:
        return next(each for each in self.get("/api/system")["workers"] if each["kind"] == kind)

    @contextmanager
    def live(self, after: int | None = None) -> Iterator["Live"]:
        query = "" if after is None else f"?after={after}"
        url = self.url.replace("http", "ws", 1) + f"/api/live{query}"
        headers = {"Authorization": f"Bearer {self.token}"}
        with connect(url, additional_headers=headers, proxy=None, max_size=None, open_timeout=SECONDS) as socket:
            yield Live(socket)

    def until(self, *types: str, stream: str | None = None, after: int = 0) -> Told:
        """The first event of one of these types after that position, awaited where it hasn't happened yet."""
        with self.live() as live:
            until = live.until_type("ready")["position"]
            told = self._told(*types, stream=stream, after=after, until=until)
            return told or live.until_event(*types, stream=stream)

    def _told(self, *types: str, stream: str | None, after: int, until: int) -> Told | None:
        """The same, among those that have happened; the live connection tells only of the last few hundred."""
        of_stream = f"&stream={stream}" if stream else ""
        while events := self.get(f"/api/events?after={after}&limit=500{of_stream}")["items"]:
            for event in events:
                if event["position"] <= until and event["type"] in types:
                    assert isinstance(event, dict)
                    return event
            after = events[-1]["position"]
        return None

    def finished(self, id_: str) -> Any:
        """The generation, once it has ended in any way that ends it."""
        self.until(*ENDS, stream=f"generation-{id_}")
        return self.generation(id_)

    def until_model_loaded(self) -> None:
        self.until("ModelLoaded", stream="worker-image")

    def processes(self) -> list[psutil.Process]:
        """The desk and all that it started."""
        desk = psutil.Process(self.process.pid)
        return [desk, *desk.children(recursive=True)]

    def stop(self) -> int:
        """As by Ctrl+C; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self._ended()

    def kill(self) -> None:
        """As by a power cut for this process alone."""
        self.process.kill()
        self._ended()

    def _ended(self) -> int:
        code = self.process.wait(SECONDS)
        self.http.close()
        if self.process.stdout:
            self.process.stdout.close()
        return code


class Live:
    """One connection to /api/live."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.previews: list[bytes] = []

    def next(self) -> Told:
        """The next message; previews are kept aside, each as the id of its generation and its JPEG."""
        while isinstance(message := self._socket.recv(SECONDS), bytes):
            self.previews.append(message)
        told = json.loads(message)
        assert isinstance(told, dict)
        return told

    def until(self, wanted: Callable[[Told], bool]) -> Told:
        heard: Counter[str] = Counter()
        give_up = time.monotonic() + SECONDS
        while not wanted(told := self.next()):
            heard[told.get("event", told)["type"]] += 1
            assert time.monotonic() < give_up, f"It did not come; what came was {heard}"
        return told

    def until_event(self, *types: str, stream: str | None = None) -> Told:
        def wanted(told: Told) -> bool:
            event = told.get("event", {})
            return event.get("type") in types and stream in (None, event.get("stream"))

        found = self.until(wanted)["event"]
        assert isinstance(found, dict)
        return found

    def until_type(self, kind: str) -> Told:
        return self.until(lambda told: told["type"] == kind)
