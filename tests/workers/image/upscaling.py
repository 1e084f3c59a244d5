"""The upscaler in a process of its own, so that an engine that dies fails a test and not the whole run."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

from workers.image.engine import LoadFailed
from workers.image.frame import Frame
from workers.image.upscaler import Upscaler


def apart() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


def enlarged(path: Path, frames: Sequence[Frame]) -> list[Frame] | None:
    """None where the engine can't load the file."""
    try:
        upscaler = Upscaler(path, threads=1)
    except LoadFailed:
        return None
    with closing(upscaler):
        return [upscaler.upscale(frame) for frame in frames]
