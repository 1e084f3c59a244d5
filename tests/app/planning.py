"""A planner over worker reports that the test makes up, with no worker behind them."""

from collections.abc import Callable, Sequence
from typing import Any

from ddesk.app.feed import Feed
from ddesk.app.machine import Machine
from ddesk.app.planner import Planner
from ddesk.bootstrap import estimates
from ddesk.protocol.messages import MemoryReport
from ddesk.supervision.notices import WorkerStatus

GPU = "Made-up 8 GB"


def image_worker(allocated_mb: float, free_mb: float, backend: str = "CUDA") -> WorkerStatus:
    report = MemoryReport(device=GPU, allocated_mb=allocated_mb, free_mb=free_mb, total_mb=8192, rss_mb=300)
    return WorkerStatus(worker="image", kind="image", state="idle", pid=7, backend=backend, memory=report)


def made_up_planner(statuses: Callable[[], Sequence[WorkerStatus]], simulated_mb: float | None = None) -> Planner:
    """It can foresee; nothing can be carried out."""
    nobody: Any = None
    machine = Machine(statuses, lambda: 0.0, simulated_mb)
    return Planner(machine, {}, estimates(), nobody, Feed(nobody))
