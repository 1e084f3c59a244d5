"""What lies in memory now, what unloading gives back, and when an idle model goes by itself. Sizes are in MiB."""

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from ddesk.domain.memory import Amount, Mitigation

RAM = "cpu"
"""The id of the device whose memory is the machine's RAM."""

IDLE_SECONDS = 600.0

Depth = Literal["soft", "hard"]
"""`soft` drops a language model's context and keeps its weights; `hard` unloads all."""


class Resident(Struct, frozen=True, kw_only=True):
    """What one worker holds. `mb` is on its device, `ram_mb` in RAM beside it; `soft_mb` of `mb` is its context.

    `process_mb` is on its device besides, and stays while the worker runs. `last_used` is a time in seconds, on any
    clock. `preset_id` is empty where no model is loaded; `mitigations` are those with which it was.
    """

    owner: str
    device: str
    mb: float
    ram_mb: float = 0.0
    soft_mb: float = 0.0
    process_mb: float = 0.0
    last_used: float = 0.0
    busy: bool = False
    preset_id: str = ""
    mitigations: tuple[Mitigation, ...] = ()


class Unload(Struct, frozen=True):
    owner: str
    depth: Depth


def on_device(device: str, where: str, mb: float, ram_mb: float) -> Amount:
    """What of `mb` at `where` and `ram_mb` beside it counts for a plan on this device."""
    in_ram = ram_mb + (mb if where == RAM else 0.0)
    if device == RAM:
        return Amount(in_ram)
    return Amount(mb if where == device else 0.0, in_ram)


def given_back(resident: Resident, depth: Depth, device: str) -> Amount:
    if depth == "hard":
        return on_device(device, resident.device, resident.mb, resident.ram_mb)
    return on_device(device, resident.device, resident.soft_mb, 0.0)


def held(resident: Resident, device: str) -> Amount:
    return on_device(device, resident.device, resident.mb + resident.process_mb, resident.ram_mb)


def oldest_first(residents: Iterable[Resident]) -> Sequence[Resident]:
    return sorted(residents, key=lambda resident: (resident.last_used, resident.owner))


def idle_unloads(
    residents: Iterable[Resident], now: float, after_seconds: float = IDLE_SECONDS, keep: frozenset[str] = frozenset()
) -> tuple[Unload, ...]:
    """Whoever has a model that was not used for so long; 0 seconds never unloads. `keep`: owners with work ahead."""
    return tuple(
        Unload(resident.owner, "hard")
        for resident in oldest_first(_idle(residents, after_seconds, keep))
        if now - resident.last_used >= after_seconds
    )


def next_idle_unload(
    residents: Iterable[Resident], after_seconds: float = IDLE_SECONDS, keep: frozenset[str] = frozenset()
) -> float | None:
    """When the next one is due, on the residents' clock; None where none is."""
    return min((each.last_used + after_seconds for each in _idle(residents, after_seconds, keep)), default=None)


def _idle(residents: Iterable[Resident], after_seconds: float, keep: frozenset[str]) -> list[Resident]:
    """Those whose model goes once it was not used for long enough."""
    return [
        each for each in residents if after_seconds > 0 and each.preset_id and not each.busy and each.owner not in keep
    ]
