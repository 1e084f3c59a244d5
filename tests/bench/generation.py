"""What the desk adds to the engine's own time for a picture, and how soon it stops."""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.bench.opened_desk import opened_desk
from tests.bench.row import Row
from tests.bench.timing import percentile
from tests.desk_process import DeskProcess, Live
from tests.starter_model import starter_paths
from workers.image.library import usable_cores

PROMPT = "a red circle on a yellow background"
SHARE, SECONDS = 0.02, 0.030
MOST_CANCEL_SECONDS = 0.2
_BARE_ENGINE = Path(__file__).with_name("bare_engine.py")
_RECIPE = {
    "prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "width": "width",
    "height": "height",
    "seed": "seed",
    "cfg": "cfg_scale",
    "guidance": "guidance",
    "steps": "sample_steps",
    "sampler": "sample_method",
    "sigma_schedule": "scheduler",
}
"""The engine's keyword for each part of a recipe."""


class BareEngine:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def make(self, recipe: dict[str, Any]) -> tuple[float, str]:
        """Seconds, and the SHA-256 of the pixels."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {keyword: recipe[name] for name, keyword in _RECIPE.items()}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        seconds, pixels = self._process.stdout.readline().split()
        return float(seconds), pixels


@contextmanager
def bare_engine() -> Iterator[BareEngine]:
    """With as many threads as a worker has, and like one in a session of its own: Linux shares processors by those."""
    process = subprocess.Popen(
        [sys.executable, str(_BARE_ENGINE), json.dumps(starter_paths()), str(usable_cores())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    with process:
        yield BareEngine(process)


def overhead(folder: Path, rounds: int) -> list[Row]:
    """By turns the desk and the engine make the same picture, the model in the memory of both."""
    with opened_desk(folder / "overhead") as desk, bare_engine() as bare:
        return [_overhead(desk, bare, rounds, previews=previews) for previews in (False, True)]


def _overhead(desk: DeskProcess, bare: BareEngine, rounds: int, *, previews: bool) -> Row:
    desk.http.put("/api/settings/live_previews", json={"value": previews}).raise_for_status()
    with desk.live() as live:
        live.until_type("ready")
        _pair(desk, live, bare, seed=0)
        pairs = [_pair(desk, live, bare, seed) for seed in range(1, rounds + 1)]
    alone = statistics.median(theirs for _, theirs in pairs)
    added = statistics.median(ours - theirs for ours, theirs in pairs)
    figure = f"{added * 1e3:+.0f} ms on {alone:.2f} s ({added / alone:+.1%})"
    if previews:
        return Row("the same with live previews", figure)
    target = f"≤ {SHARE:.0%} + {SECONDS * 1e3:.0f} ms"
    return Row("desk overhead on a generation", figure, target, added <= SHARE * alone + SECONDS)


def _pair(desk: DeskProcess, live: Live, bare: BareEngine, seed: int) -> tuple[float, float]:
    """Seconds of the desk and of the engine for one picture."""
    began = perf_counter()
    id_ = desk.post("/api/generations", {"prompt": PROMPT, "seed": seed})["id"]
    live.until_event("GenerationCompleted", stream=f"generation-{id_}")
    ours = perf_counter() - began
    live.until_event("JobCompleted")  # the thumbnail, which would slow the engine down
    made = desk.generation(id_)
    theirs, pixels = bare.make(made["recipe"])
    assert pixels == desk.get(f"/api/images/{made['images'][0]}")["pixels_sha256"], "not the same work"
    return ours, theirs


def cancel(folder: Path, rounds: int) -> Row:
    """From the cancel of a generation in mid-sampling until the worker has begun the next one."""
    with opened_desk(folder / "cancel") as desk, desk.live() as live:
        live.until_type("ready")
        running, taken = _long(desk), []
        for _ in range(rounds):
            following = _long(desk)
            _until_sampling(live, running)
            began = perf_counter()
            desk.post(f"/api/generations/{running}/cancel")
            live.until_event("GenerationStarted", stream=f"generation-{following}")
            taken.append(perf_counter() - began)
            running = following
    p50, most = percentile(taken, 50), max(taken)
    return Row(
        "cancel a running generation, until the next one is started",
        f"p50 {p50 * 1e3:.0f} ms, at most {most * 1e3:.0f} ms",
        f"≤ {MOST_CANCEL_SECONDS * 1e3:.0f} ms",
        most <= MOST_CANCEL_SECONDS,
    )


def _long(desk: DeskProcess) -> str:
    return str(desk.post("/api/generations", {"prompt": PROMPT, "steps": 150})["id"])


def _until_sampling(live: Live, id_: str) -> None:
    live.until(
        lambda told: (
            told["type"] == "progress"
            and told["generation"] == id_
            and told["phase"] == "sampling"
            and told["step"] >= 3
        )
    )
