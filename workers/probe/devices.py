"""What this machine computes with."""

import platform
from pathlib import Path
from typing import Any, Literal

import psutil
from msgspec import Struct

_MIB = 1 << 20


class Device(Struct, frozen=True, kw_only=True):
    """Memory is in MiB: RAM for the processor, its own for a graphics card. `cores` are physical, 0 for a card."""

    kind: Literal["cpu", "gpu"]
    name: str
    total_mb: float
    free_mb: float
    cores: int = 0
    driver: str = ""


class Devices(Struct, frozen=True):
    """The processor, then graphics cards. `words` say why no card was found."""

    devices: list[Device]
    words: str = ""


def devices() -> Devices:
    cards, words = _cards()
    return Devices([_processor(), *cards], words)


def _processor() -> Device:
    ram = psutil.virtual_memory()
    return Device(
        kind="cpu",
        name=_processor_name(),
        total_mb=ram.total / _MIB,
        free_mb=ram.available / _MIB,
        cores=psutil.cpu_count(logical=False) or psutil.cpu_count() or 1,
    )


def _processor_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(errors="replace").splitlines() if cpuinfo.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def _cards() -> tuple[list[Device], str]:
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as wrong:
        return [], f"No NVIDIA driver answers ({wrong})."
    try:
        driver = pynvml.nvmlSystemGetDriverVersion()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        return [_card(handle, driver) for handle in handles], ""
    except pynvml.NVMLError as wrong:
        return [], f"The NVIDIA driver fails: {wrong}."
    finally:
        pynvml.nvmlShutdown()


def _card(handle: Any, driver: str) -> Device:
    import pynvml

    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    return Device(
        kind="gpu",
        name=pynvml.nvmlDeviceGetName(handle),
        total_mb=memory.total / _MIB,
        free_mb=memory.free / _MIB,
        driver=driver,
    )
