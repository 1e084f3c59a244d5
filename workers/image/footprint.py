"""What the engine says of its memory in its log, in MiB."""

import re
from collections.abc import Iterable

_TOTAL = re.compile(r"total params memory size = [\d.]+MB \([^)]*\): (?P<parts>.*)")
_PART = re.compile(r"(?P<part>\w+) (?P<mb>[\d.]+)MB\(V?RAM\)")
_BUFFER = re.compile(r"(?P<part>\S+) compute buffer size: (?P<mb>[\d.]+) MB\(V?RAM\)")


def weights(lines: Iterable[str]) -> dict[str, float]:
    """By component, those without weights left out; empty where the engine didn't say."""
    for line in lines:
        if total := _TOTAL.search(line):
            sizes = {found["part"]: float(found["mb"]) for found in _PART.finditer(total["parts"])}
            return {part: mb for part, mb in sizes.items() if mb > 0}
    return {}


def buffers(lines: Iterable[str]) -> dict[str, float]:
    """The largest compute buffer of each component (`clip`, `flux`, `taesd`, …)."""
    largest: dict[str, float] = {}
    for line in lines:
        if found := _BUFFER.search(line):
            largest[found["part"]] = max(largest.get(found["part"], 0.0), float(found["mb"]))
    return largest
