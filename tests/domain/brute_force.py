"""The planner's arithmetic once more, the plainest way: each combination of rungs is played through for its peak."""

from collections.abc import Iterator, Sequence
from itertools import product

from ddesk.domain.commitments import Device
from ddesk.domain.memory import MITIGATIONS, Component, Mitigation, Need
from ddesk.domain.placement import Situation
from ddesk.domain.residents import RAM, Resident, Unload

Pair = tuple[float, float]
Combination = tuple[tuple[Mitigation, ...], tuple[Unload, ...]]
Height = tuple[int, int]


def peak(need: Need, on: Sequence[Mitigation], device: str) -> Pair:
    """The most in use of the device and of the RAM beside it while the phases run one after the other."""
    moved = [] if device == RAM else [each for each in on if each != "vae_tiling"]
    lies = {part: _lies(part, moved) for part in ("text_encoders", "diffusion", "vae", "language", "projector")}
    there, beside = need.process_mb, 0.0
    for part, mb in need.weights_mb.items():
        there, beside = (there + mb, beside) if lies[part] == "device" else (there, beside + mb)
    there, beside = (
        (there, beside + need.context_mb) if lies["language"] == "cpu" else (there + need.context_mb, beside)
    )
    highest_there, highest_beside, largest = there, beside, 0.0
    for phase in need.phases:
        compute = phase.compute_mb
        if "vae_tiling" in on and phase.tiled_mb is not None and phase.tiled_mb < compute:
            compute = phase.tiled_mb
        if lies[phase.component] == "cpu":
            highest_beside = max(highest_beside, beside + compute)
            continue
        largest = max(largest, compute)
        brought = need.weights_mb.get(phase.component, 0.0) if lies[phase.component] == "ram" else 0.0
        if "segmented_graph" in moved and phase.segment_mb is not None:
            brought = min(brought, phase.segment_mb)
        highest_there = max(highest_there, there + brought + compute)
    spare = max(need.safety_mb, need.safety_part * largest)
    return highest_there + spare, highest_beside + need.ram_safety_mb if highest_beside else 0.0


def _lies(part: Component | str, moved: Sequence[Mitigation]) -> str:
    if part == "text_encoders" and "text_encoders_on_cpu" in moved:
        return "cpu"
    if part == "vae" and "vae_on_cpu" in moved:
        return "cpu"
    if "weights_in_ram" not in moved:
        return "device"
    return "cpu" if part in ("language", "projector") else "ram"


def free(situation: Situation, device: Device, unloads: Sequence[Unload]) -> Pair:
    """What there is once these unloads are done, and those that were promised to others."""
    snapshot, here = situation.snapshot, device.id
    rivals = [each for each in snapshot.commitments if each.owner != situation.owner]
    there = device.free_mb
    beside = 0.0 if here == RAM else snapshot.ram_free_mb
    for each in rivals:
        device_mb, ram_mb = max(each.mb - each.held_mb, 0.0), max(each.ram_mb - each.held_ram_mb, 0.0)
        there, beside = _moved(there, beside, -device_mb, -ram_mb, each.device, here)
    for resident in snapshot.residents:
        going = [one.depth for one in unloads if one.owner == resident.owner]
        going += [one.depth for each in rivals for one in each.unloads if one.owner == resident.owner]
        if resident.owner == situation.owner:
            gives = (0.0, 0.0) if resident.busy else (resident.mb + resident.process_mb, resident.ram_mb)
        elif "hard" in going:
            gives = resident.mb, resident.ram_mb
        else:
            gives = (resident.soft_mb, 0.0) if going else (0.0, 0.0)
        there, beside = _moved(there, beside, *gives, resident.device, here)
    return there, beside


def _moved(there: float, beside: float, mb: float, ram_mb: float, where: str, here: str) -> Pair:
    in_ram = ram_mb + (mb if where == RAM else 0.0)
    if here == RAM:
        return there + in_ram, beside
    return there + (mb if where == here else 0.0), beside + in_ram


def fits(situation: Situation, device: Device, on: Sequence[Mitigation], unloads: Sequence[Unload]) -> bool:
    return _holds(free(situation, device, unloads), peak(situation.need, on, device.id))


def _holds(room: Pair, used: Pair) -> bool:
    return used[0] <= room[0] and (used[1] == 0 or used[1] <= room[1])


def may_go(situation: Situation) -> list[Resident]:
    """Who may be unloaded at all."""
    needed = {situation.owner} | {each.owner for each in situation.snapshot.commitments}
    return [each for each in situation.snapshot.residents if not each.busy and each.owner not in needed]


def that_fit(situation: Situation, device: Device) -> Iterator[Combination]:
    """Every combination of rungs that fits on this device."""
    used = {on: peak(situation.need, on, device.id) for on in _mitigations(situation.chosen)}
    for unloads in _unloads(situation):
        room = free(situation, device, unloads)
        yield from ((on, unloads) for on, peak_then in used.items() if _holds(room, peak_then))


def _mitigations(chosen: Sequence[Mitigation]) -> list[tuple[Mitigation, ...]]:
    every = product((False, True), repeat=len(MITIGATIONS))
    combinations = [tuple(each for each, on in zip(MITIGATIONS, taken, strict=True) if on) for taken in every]
    return [each for each in combinations if set(chosen) <= set(each)]


def _unloads(situation: Situation) -> Iterator[tuple[Unload, ...]]:
    choices = [((), (Unload(each.owner, "soft"),), (Unload(each.owner, "hard"),)) for each in may_go(situation)]
    for chosen in product(*choices):
        yield tuple(unload for one in chosen for unload in one)


def height(situation: Situation, combination: Combination) -> Height:
    """How high on the ladder its rungs are, as a number whose bits are the rungs."""
    on, unloads = combination
    rungs = [Unload(each.owner, "soft") for each in _oldest_first(situation)]
    rungs += [Unload(each.owner, "hard") for each in _oldest_first(situation)]
    return sum(1 << MITIGATIONS.index(each) for each in on), sum(1 << rungs.index(each) for each in unloads)


def _oldest_first(situation: Situation) -> list[Resident]:
    return sorted(situation.snapshot.residents, key=lambda each: (each.last_used, each.owner))
