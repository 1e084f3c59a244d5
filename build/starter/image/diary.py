"""The log of what was run: one JSON object a line, beside what was made."""

import json
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from workers import processor

NAME = "log.jsonl"
_PACKAGES = ("jax", "jaxlib", "numpy", "pillow", "stable-diffusion-cpp-python")


class Diary:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / NAME

    def note(self, step: str, what: str, **figures: object) -> None:
        """Also to who watches the terminal."""
        print(f"{step}: {what}", *(f"{name} {_short(value)}" for name, value in figures.items()), flush=True)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"at": at, "step": step, "what": what, **figures}) + "\n")

    @contextmanager
    def running(self, step: str, name: str, recipe: object) -> Iterator[None]:
        """Notes what is begun, by which recipe, with what and where, and how long it took."""
        machine = {"processor": processor.name(), "python": platform.python_version(), "system": sys.platform}
        packages = {package: version(package) for package in _PACKAGES}
        self.note(step, "begun", name=name, recipe=msgspec.to_builtins(recipe), packages=packages, machine=machine)
        started = time.monotonic()
        yield
        self.note(step, "done", seconds=round(time.monotonic() - started, 1))


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "…" if isinstance(value, dict) else str(value)
