"""The memory of the device that the engines work on, and the desk's own."""

from collections.abc import Sequence

import psutil
from msgspec import Struct

from ddesk.supervision.notices import WorkerStatus

_MIB = 1 << 20


class DeviceMemory(Struct, frozen=True, kw_only=True):
    """In MiB. `allocated_mb` is that of all workers on the device; without a GPU the device is the machine's RAM."""

    device: str
    allocated_mb: float
    free_mb: float
    total_mb: float
    desk_mb: float


def device_memory(statuses: Sequence[WorkerStatus]) -> DeviceMemory:
    """By the workers' own reports, a GPU's before the processor's; by the system's where none has reported yet."""
    reports = [each.memory for each in statuses if each.memory]
    main = next((each for each in reports if each.device != "cpu"), None)
    desk_mb = round(psutil.Process().memory_info().rss / _MIB, 1)
    if main is None:
        ram = psutil.virtual_memory()
        allocated = sum(each.allocated_mb for each in reports)
        return DeviceMemory(
            device="cpu",
            allocated_mb=round(allocated, 1),
            free_mb=round(ram.available / _MIB, 1),
            total_mb=round(ram.total / _MIB, 1),
            desk_mb=desk_mb,
        )
    of_it = [each for each in reports if each.device == main.device]
    return DeviceMemory(
        device=main.device,
        allocated_mb=round(sum(each.allocated_mb for each in of_it), 1),
        free_mb=max(of_it, key=lambda each: each.measured_at).free_mb,
        total_mb=main.total_mb,
        desk_mb=desk_mb,
    )
