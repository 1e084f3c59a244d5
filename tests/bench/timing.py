"""How long something takes."""

import gc
import time
from collections.abc import Callable, Sequence


def cpu(work: Callable[[], object]) -> float:
    """Seconds of processor time. What was there before is kept from the garbage collector, as it isn't the work's."""
    return _timed(work, time.process_time)


def wall(work: Callable[[], object]) -> float:
    """Seconds by the clock, otherwise as `cpu`."""
    return _timed(work, time.perf_counter)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of the values that this many percent of them don't exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def _timed(work: Callable[[], object], clock: Callable[[], float]) -> float:
    gc.collect()
    gc.freeze()
    start = clock()
    work()
    taken = clock() - start
    gc.unfreeze()
    return taken
