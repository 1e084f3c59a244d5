"""What the figures were measured on."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import apsw
import psutil


def describe(folder: Path) -> str:
    """One line. `folder` is where the benches keep their files."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    facts = (
        _processor(),
        f"{cores} cores",
        f"{psutil.virtual_memory().total / (1 << 30):.0f} GiB of memory",
        _disk(folder),
        f"{platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}",
        f"SQLite {apsw.sqlite_lib_version()}",
        f"stable-diffusion-cpp-python {version('stable-diffusion-cpp-python')}",
        f"{datetime.now(UTC):%Y-%m-%d}",
    )
    return ", ".join(facts)


def _processor() -> str:
    """Linux tells it in /proc alone."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or "unknown processor")


def _disk(folder: Path) -> str:
    """The file system and, where the system tells, what kind of disk it lies on."""
    mounts = [each for each in psutil.disk_partitions(all=True) if folder.is_relative_to(each.mountpoint)]
    if not mounts:
        return "unknown disk"
    mount = max(mounts, key=lambda each: len(each.mountpoint))
    return " on ".join(filter(None, (mount.fstype, _kind(Path(mount.device).name))))


def _kind(device: str) -> str:
    """A virtual disk says that it rotates, whatever is behind it."""
    if device.startswith(("vd", "xvd")):
        return "a virtual disk"
    block = Path("/sys/class/block", device)
    for owner in (block, block.resolve().parent):
        if (rotates := owner / "queue" / "rotational").is_file():
            return "a rotating disk" if rotates.read_text().strip() == "1" else "a solid-state disk"
    return ""
