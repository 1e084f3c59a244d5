"""The ladder of what can give so that work fits, and the lowest place on it that does.

Each rung costs more than all rungs before it together: first the contexts of idle language models, then idle models,
the least recently used first, then the mitigations in their order. A combination of rungs is therefore a number whose
highest bit is its highest rung, and the smallest number that fits is wanted. So one is found whenever there is one,
none of its rungs can be left out, and more free memory never makes it climb higher.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from msgspec import Struct

from ddesk.domain.commitments import Device, Snapshot, rivals, room, unloading
from ddesk.domain.memory import MITIGATIONS, Amount, Mitigation, Need, in_ram, safety, usage, usage_in_ram
from ddesk.domain.residents import RAM, Depth, Resident, Unload, given_back, oldest_first

_DEPTHS: tuple[Depth, ...] = ("soft", "hard")


class Offer(Struct, frozen=True):
    """An idle model that may be unloaded, and what it gives. `rank` is its place on the ladder, over all devices."""

    unload: Unload
    gives: Amount
    rank: int


class Outlook(Struct, frozen=True, kw_only=True):
    """The ladder on one device. `room` is what there is before the first rung; the offers are in order."""

    device: Device
    need: Need
    chosen: tuple[Mitigation, ...]
    room: Amount
    offers: tuple[Offer, ...]

    def usage(self, mitigations: Sequence[Mitigation]) -> Amount:
        return (usage_in_ram if self.device.id == RAM else usage)(self.need, mitigations)

    def margin(self, mitigations: Sequence[Mitigation]) -> float:
        """What of the usage stays unused, in MiB."""
        return safety(self.need, in_ram(mitigations) if self.device.id == RAM else mitigations)


class Climb(Struct, frozen=True, kw_only=True):
    """A combination of rungs: its offers and its mitigations, the chosen ones among them; `room` is what it makes."""

    outlook: Outlook
    offers: tuple[Offer, ...]
    mitigations: tuple[Mitigation, ...]
    usage: Amount
    room: Amount

    @property
    def fits(self) -> bool:
        return self.usage.fits_in(self.room)

    @property
    def height(self) -> tuple[int, int]:
        """Its number, as that of its mitigations and that of its unloads."""
        return (
            sum(1 << MITIGATIONS.index(each) for each in self.mitigations),
            sum(1 << offer.rank for offer in self.offers),
        )


def outlook(snapshot: Snapshot, device: Device, owner: str, need: Need, chosen: tuple[Mitigation, ...]) -> Outlook:
    return Outlook(
        device=device,
        need=need,
        chosen=chosen,
        room=room(snapshot, device, owner),
        offers=_offers(snapshot, device.id, owner),
    )


def lowest(outlook: Outlook) -> Climb | None:
    """The lowest combination of rungs that fits; None where none does."""
    everything = outlook.room + gained(outlook.offers)
    for mitigations in combinations(outlook.chosen):
        used = outlook.usage(mitigations)
        if used.fits_in(everything):
            return _climb(outlook, _fewest(outlook, used), mitigations)
    return None


def nearest(outlook: Outlook) -> Climb:
    """The combination that lacks least of the device, the lowest of such, among those for which there is RAM enough."""
    climbs = [_climb(outlook, outlook.offers, mitigations) for mitigations in combinations(outlook.chosen)]
    possible = [climb for climb in climbs if climb.usage.ram_mb <= max(climb.room.ram_mb, 0.0)] or climbs[:1]
    return min(possible, key=lambda climb: climb.usage.device_mb)


def climb_all(outlook: Outlook, mitigations: Sequence[Mitigation]) -> Climb:
    """With every idle model unloaded."""
    return _climb(outlook, outlook.offers, tuple(mitigations))


def gained(offers: Iterable[Offer]) -> Amount:
    """What they give together: who is unloaded whole gives its context only once."""
    offers = tuple(offers)
    whole = {offer.unload.owner for offer in offers if offer.unload.depth == "hard"}
    counted = [offer for offer in offers if offer.unload.depth == "hard" or offer.unload.owner not in whole]
    return sum((offer.gives for offer in counted), Amount())


def _climb(outlook: Outlook, offers: Sequence[Offer], mitigations: tuple[Mitigation, ...]) -> Climb:
    return Climb(
        outlook=outlook,
        offers=tuple(offers),
        mitigations=mitigations,
        usage=outlook.usage(mitigations),
        room=outlook.room + gained(offers),
    )


def combinations(chosen: Sequence[Mitigation]) -> Iterator[tuple[Mitigation, ...]]:
    """All that hold the chosen ones, from the foot of the ladder up."""
    for highest_first in product((False, True), repeat=len(MITIGATIONS)):
        taken = [each for each, on in zip(MITIGATIONS, reversed(highest_first), strict=True) if on]
        if not set(taken) & set(chosen):
            yield tuple(each for each in MITIGATIONS if each in taken or each in chosen)


def _fewest(outlook: Outlook, used: Amount) -> Sequence[Offer]:
    """One after the other until it fits; then those that turned out to be unneeded stay, the latest used first."""
    offers = outlook.offers
    count = next(n for n in range(len(offers) + 1) if used.fits_in(outlook.room + gained(offers[:n])))
    taken = list(offers[:count])
    for offer in offers[: max(count - 1, 0)][::-1]:
        without = [each for each in taken if each != offer]
        if used.fits_in(outlook.room + gained(without)):
            taken = without
    return taken


def _offers(snapshot: Snapshot, device: str, owner: str) -> tuple[Offer, ...]:
    going = unloading(rivals(snapshot, owner))
    committed = {each.owner for each in snapshot.commitments} | {owner}
    ladder = [(resident, depth) for depth in _DEPTHS for resident in oldest_first(snapshot.residents)]
    offers = [
        Offer(Unload(resident.owner, depth), _more(resident, depth, going.get(resident.owner), device), rank)
        for rank, (resident, depth) in enumerate(ladder)
        if not resident.busy and resident.owner not in committed
    ]
    return tuple(offer for offer in offers if offer.gives != Amount())


def _more(resident: Resident, depth: Depth, going: Unload | None, device: str) -> Amount:
    """What it gives beyond what it gives already, as others were promised."""
    if going is None:
        return given_back(resident, depth, device)
    if going.depth == "hard" or depth == "soft":
        return Amount()
    return given_back(resident, depth, device) - given_back(resident, "soft", device)
