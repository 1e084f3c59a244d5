"""What this machine's processor tells of itself."""

import platform
from collections.abc import Iterator
from pathlib import Path


def name() -> str:
    return next(values(cpuinfo(), "model name"), "") or platform.processor() or platform.machine()


def cpuinfo() -> str:
    """Linux has such a text; elsewhere it is empty."""
    file = Path("/proc/cpuinfo")
    return file.read_text(errors="replace") if file.exists() else ""


def values(cpuinfo: str, key: str) -> Iterator[str]:
    """That of the first processor leads."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            yield value.strip()
