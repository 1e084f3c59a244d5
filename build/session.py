"""A desk started from an executable, in a home of its own, on a machine that has nothing else."""

import itertools
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
from websockets.sync.client import ClientConnection, connect

SECONDS = 120.0
"""How long anything is awaited before the program is taken to hang."""


class Machine:
    """A home without anything in it, and a PATH that finds no program: no Python, no Node."""

    def __init__(self, program: Path, home: Path) -> None:
        self.program = program
        self.home = home
        (home / "bin").mkdir(parents=True)
        self.environment = {"HOME": str(home), "PATH": str(home / "bin"), "LANG": "C.UTF-8"}

    @property
    def unpacked(self) -> Path:
        """Where a file of one piece keeps what it unpacked."""
        return self.home / ".cache/ddesk"

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, *arguments],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )

    @contextmanager
    def desk(self, *arguments: str) -> Iterator["Desk"]:
        desk = Desk(self, *arguments)
        try:
            yield desk
        finally:
            desk.end()


class Desk:
    def __init__(self, machine: Machine, *arguments: str) -> None:
        began = time.monotonic()
        self.process = subprocess.Popen(
            [machine.program, "--no-browser", "--port", "0", *arguments],
            env=machine.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.greeting = self.process.stdout.readline()
        self.launch_seconds = time.monotonic() - began
        assert "is ready: http" in self.greeting, f"The desk did not start; it said {self.greeting!r}."
        told = json.loads((_data(machine, arguments) / "desk.json").read_bytes())
        self.url: str = told["url"]
        self._pid = int(told["pid"])
        self._headers = {"Authorization": f"Bearer {told['token']}"}
        self.http = httpx.Client(base_url=self.url, headers=self._headers, timeout=SECONDS, trust_env=False)

    @property
    def launch_url(self) -> str:
        return self.greeting.split()[-1]

    def get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()

    @property
    def position(self) -> int:
        """How many events its log has."""
        return int(self.get("/api/system")["log_position"])

    def until_prepared(self, after: int = 0) -> None:
        """The starter model is unpacked and the image worker is up, in a run that began after that position."""
        with self.events() as events:
            events.until("WorkerReady", stream="worker-image", after=after)

    def ask(self, **more: int) -> str:
        """For a small picture of the starter model, or one as `more` says; the generation's id."""
        wish = {"prompt": "a red car", "width": 64, "height": 64, "steps": 2, **more}
        return str(self.http.post("/api/generations", json=wish).raise_for_status().json()["id"])

    def picture(self) -> Any:
        """A small picture, asked for and awaited until it and its thumbnail are made."""
        with self.events() as events:
            id_ = self.ask()
            events.until("GenerationCompleted", "GenerationFailed", stream=f"generation-{id_}")
            made = self.get(f"/api/generations/{id_}")
            assert made["status"] == "completed", f"The picture was not made: {made['failure']}."
            events.until("ImageThumbnailMade", stream=f"image-{made['images'][0]}")
        return made

    @contextmanager
    def events(self) -> Iterator["Events"]:
        """Everything that happens, from the first event on."""
        url = self.url.replace("http", "ws", 1) + "/api/live?after=0"
        with connect(url, additional_headers=self._headers, proxy=None, max_size=None, open_timeout=SECONDS) as socket:
            yield Events(socket)

    def worker(self, kind: str) -> Any:
        return next(each for each in self.get("/api/system")["workers"] if each["kind"] == kind)

    def processes(self) -> list[psutil.Process]:
        """The outer process, the desk in it, and all that this started."""
        outer = psutil.Process(self.process.pid)
        return [outer, *outer.children(recursive=True)]

    @property
    def inner(self) -> psutil.Process:
        """The desk itself: what the program that was started has unpacked and started in its turn."""
        return psutil.Process(self._pid)

    def memory(self) -> int:
        """Bytes of all processes together; what they share counts once (PSS)."""
        return sum(each.memory_full_info().pss for each in self.processes())

    def ended_by(self, sent: signal.Signals, *, inner: bool = False) -> int:
        """The exit code, after that signal to the program that was started or to the desk in it."""
        os.kill(self._pid if inner else self.process.pid, sent)
        return self.process.wait(SECONDS)

    def end(self) -> None:
        self.http.close()
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait(SECONDS)
        if self.process.stdout:
            self.process.stdout.close()


class Events:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def until(self, *types: str, stream: str = "", after: int = 0) -> Any:
        """The first event of one of these types on that stream, or on any, later than that position."""
        for told in self._messages():
            event = told.get("event", {})
            if event.get("type") in types and stream in ("", event["stream"]) and event["position"] > after:
                return event
        raise AssertionError(f"None of {types} came on {stream or 'any stream'}.")

    def until_sampling(self, id_: str) -> None:
        for told in self._messages():
            if told["type"] == "progress" and (told["generation"], told["phase"]) == (id_, "sampling"):
                return
        raise AssertionError(f"{id_} was not begun.")

    def _messages(self) -> Iterator[Any]:
        give_up = time.monotonic() + SECONDS
        while time.monotonic() < give_up:
            message = self._socket.recv(SECONDS)
            if isinstance(message, str):
                yield json.loads(message)


def _data(machine: Machine, arguments: Sequence[str]) -> Path:
    given = dict(itertools.pairwise(arguments))
    return Path(given.get("--data-dir", machine.home / ".local/share/ddesk"))
