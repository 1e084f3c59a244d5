"""What this machine computes with."""

from typing import Any, Literal

import psutil
from msgspec import Struct

from workers import processor

_MIB = 1 << 20


class Device(Struct, frozen=True, kw_only=True):
    """Memory is in MiB: RAM for the processor, its own for a graphics card. `cores` are physical, 0 for a card.

    `avx2` is None for a card, and where it isn't known.
    """

    kind: Literal["cpu", "gpu"]
    name: str
    total_mb: float
    free_mb: float
    cores: int = 0
    avx2: bool | None = None
    driver: str = ""


class Devices(Struct, frozen=True):
    """The processor, then graphics cards. `words` say why no card was found."""

    devices: list[Device]
    words: str = ""


def devices() -> Devices:
    cards, words = _cards()
    return Devices([_processor(), *cards], words)


def _processor() -> Device:
    ram, cpuinfo = psutil.virtual_memory(), processor.cpuinfo()
    return Device(
        kind="cpu",
        name=processor.name(),
        total_mb=ram.total / _MIB,
        free_mb=ram.available / _MIB,
        cores=psutil.cpu_count(logical=False) or psutil.cpu_count() or 1,
        avx2=has_avx2(cpuinfo),
    )


def has_avx2(cpuinfo: str) -> bool | None:
    """Whether the first processor of such a text has it; None where no flags are told, as of those that aren't x86."""
    return next(("avx2" in flags.split() for flags in processor.values(cpuinfo, "flags")), None)


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
