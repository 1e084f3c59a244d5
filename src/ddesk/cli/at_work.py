"""Having a desk make a picture and watching it from the terminal: the running desk, or one that is started for it."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from ddesk import paths
from ddesk.cli.client import Client, listening, running_desk
from ddesk.errors import DeskError, Fault
from ddesk.paths import DataDir

_ENDS = {"GenerationCompleted", "GenerationFailed", "GenerationCancelled"}
_BAR = 30


@contextlib.contextmanager
def desk_at(data: DataDir) -> Iterator[Client]:
    if desk := running_desk(data):
        yield desk
        desk.close()
        return
    with _started(data) as desk:
        yield desk


@contextlib.contextmanager
def _started(data: DataDir) -> Iterator[Client]:
    """A desk for this one job. It says so on its standard output when it answers."""
    command = [*paths.program(), "--data-dir", str(data.root), "--port", "0", "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        desk = running_desk(data)
        if desk is None:
            raise Fault("desk_not_started", "The desk could not be started.", "Run `ddesk` to see why.")
        yield desk
        desk.close()
    finally:
        process.terminate()
        process.wait()


def finished(desk: Client, address: str, request: dict[str, Any]) -> Any:
    """The generation that is asked for there, completed.

    Raises DeskError in the desk's words where it ends in another way.
    """
    with listening(desk, "previews=false") as live:
        id_ = desk.post(address, request)["id"]
        try:
            _follow(desk, live, id_)
        except KeyboardInterrupt:
            print(file=sys.stderr)
            desk.post(f"/api/generations/{id_}/cancel")
            raise
    made = desk.get(f"/api/generations/{id_}")
    if made["status"] != "completed":
        failure = made["failure"] or {"code": made["status"], "words": f"The generation was {made['status']}."}
        raise DeskError(failure["code"], failure["words"], "See `ddesk doctor`.")
    return made


def await_a_preset(desk: Client) -> None:
    """On its very first start a desk is there before the starter model is unpacked."""
    with listening(desk, "after=0&previews=false") as live:
        if desk.get("/api/presets/image")["items"]:
            return
        _refuse_the_stalled(desk)
        for message in live:
            told = json.loads(message) if isinstance(message, str) else {}
            if told.get("type") == "event" and told["event"]["type"] == "ImagePresetCreated":
                return
            if told.get("type") == "alert" and told["level"] == "error":
                raise Fault(told["code"], told["words"], "See `ddesk doctor`.")


def _refuse_the_stalled(desk: Client) -> None:
    """What hinders it may have been told before anyone listened."""
    for part in desk.get("/api/system")["projections"]:
        if part["stalled"]:
            raise Fault("desk_held_up", part["stalled"], "See `ddesk doctor`.")


def _follow(desk: Client, live: Any, id_: str) -> None:
    bar = _Bar()
    for message in live:
        if isinstance(message, bytes):
            continue
        told = json.loads(message)
        if told["type"] == "progress" and told["generation"] == id_:
            bar.show(told["phase"], told["step"], told["steps"])
        elif told["type"] == "event" and told["event"]["stream"] == f"generation-{id_}":
            kind, why = told["event"]["type"], told["event"]["data"]
            if kind in _ENDS:
                break
            if kind == "GenerationInterrupted":
                bar.say(why["words"])
                if desk.get(f"/api/generations/{id_}")["status"] == "interrupted":
                    break  # for good: it waits for a person
    bar.clear()


class _Bar:
    """A line that is drawn over itself, on a terminal only."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()

    def show(self, phase: str, step: int, steps: int) -> None:
        done = _BAR * step // steps if steps else 0
        self._draw(f"{phase:<9} [{'█' * done}{'·' * (_BAR - done)}] {step}/{steps}")

    def say(self, words: str) -> None:
        self._draw(f"{words}\n")

    def clear(self) -> None:
        self._draw("")

    def _draw(self, text: str) -> None:
        if self._on:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
