"""How much memory this process has and what its device has left."""

import os
from functools import cache
from typing import Any

import psutil

from ddesk.protocol.messages import MemoryReport

_MIB = 1 << 20


def measure(*, gpu: bool) -> MemoryReport:
    """This process's memory on its GPU by NVML or, with no GPU in use or none found, its share of the RAM.

    Without `gpu` no driver is touched. Sizes are in MiB; `allocated_mb` is 0 where the driver doesn't tell it by
    process.
    """
    rss_mb = psutil.Process().memory_info().rss / _MIB
    report = _on_gpu(rss_mb) if gpu else None
    return report or _in_ram(rss_mb)


def _in_ram(rss_mb: float) -> MemoryReport:
    ram = psutil.virtual_memory()
    return MemoryReport(
        device="cpu",
        allocated_mb=rss_mb,
        free_mb=ram.available / _MIB,
        total_mb=ram.total / _MIB,
        rss_mb=rss_mb,
    )


def _on_gpu(rss_mb: float) -> MemoryReport | None:
    devices = _nvml_devices()
    if not devices:
        return None
    import pynvml

    try:
        used, device = max(((_used_here(device), device) for device in devices), key=lambda pair: pair[0])
        memory = pynvml.nvmlDeviceGetMemoryInfo(device)
        name = pynvml.nvmlDeviceGetName(device)
    except pynvml.NVMLError:
        return None
    return MemoryReport(
        device=name,
        allocated_mb=used / _MIB,
        free_mb=memory.free / _MIB,
        total_mb=memory.total / _MIB,
        rss_mb=rss_mb,
    )


@cache
def _nvml_devices() -> tuple[Any, ...]:
    """Empty without a driver; it is asked once, since the answer takes long and doesn't change."""
    import pynvml

    try:
        pynvml.nvmlInit()
        return tuple(pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount()))
    except pynvml.NVMLError:
        return ()


def _used_here(device: Any) -> int:
    import pynvml

    processes = pynvml.nvmlDeviceGetComputeRunningProcesses(device)
    return sum(process.usedGpuMemory or 0 for process in processes if process.pid == os.getpid())
