"""Where a piece of work runs and what has to give for it, decided from one look at the machine and accounted for."""

from collections.abc import Collection, Iterable
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.commitments import Commitment, Snapshot, pledged, rivals, unloading
from ddesk.domain.estimates import Cost, Costs
from ddesk.domain.ladder import Climb, Offer, Outlook, gained, lowest, nearest, outlook
from ddesk.domain.memory import MITIGATIONS, Amount, Mitigation, Need, place, safety
from ddesk.domain.needs import Alternative
from ddesk.domain.residents import Unload, held

Rung = Literal["soft_unload", "hard_unload"] | Mitigation
Verdict = Literal["taken", "not_needed", "saves_nothing", "no_ram", "not_enough"]


class Situation(Struct, frozen=True, kw_only=True):
    """Work of `owner`, a worker, by the model of `preset_id`. `chosen` are mitigations that its preset always has."""

    snapshot: Snapshot
    owner: str
    preset_id: str
    need: Need
    costs: Costs
    chosen: tuple[Mitigation, ...] = ()


class Step(Struct, frozen=True, kw_only=True):
    """A rung that was tried. `owner` is who is unloaded, empty for a mitigation.

    `saving` is by how much less is lacking with it than without it, beside the other rungs that were taken; what it
    takes of the RAM instead is negative there.
    """

    rung: Rung
    saving: Amount
    cost_seconds: float
    verdict: Verdict
    owner: str = ""


class Plan(Struct, frozen=True, kw_only=True):
    """What was decided, and the account of it. `needed` is with no rung taken; `room` is what there is before anything
    more is unloaded, `available` what there is after that.

    `usage` is the predicted peak with its margins, of which `margin_mb` is the device's. Where it doesn't fit, it is
    that of the combination of rungs that comes nearest, `short` is what that lacks, and `would_fit` something smaller
    that can be made now. `awaits` are the unloads decided before, for other work, that have to be over first; one of
    the worker's own model is done at once. `reload`: the model has to be loaded for it. `max_vram_mb` is what a
    segmented graph may use. `conservative`: it is the retry after memory ran out.
    """

    fits: bool
    owner: str
    preset_id: str
    device: str
    total_mb: float
    free_mb: float
    others_mb: float
    room: Amount
    available: Amount
    need: Need
    needed: Amount
    usage: Amount
    margin_mb: float
    steps: tuple[Step, ...]
    unloads: tuple[Unload, ...] = ()
    mitigations: tuple[Mitigation, ...] = ()
    awaits: tuple[Unload, ...] = ()
    reload: bool = True
    max_vram_mb: float | None = None
    short: Amount = Amount()
    would_fit: Alternative | None = None
    conservative: bool = False


def plan(situation: Situation, smaller: Iterable[Alternative] = ()) -> Plan:
    """On the device that lets the ladder be left lowest. `smaller`, the best first, is only read where nothing fits."""
    views = outlooks(situation)
    climbs = [climb for view in views if (climb := lowest(view))]
    if climbs:
        return planned(situation, min(climbs, key=lambda climb: (climb.height, _preference(situation, climb))))
    refused = min((nearest(view) for view in views), key=lambda climb: (climb.usage - climb.room).device_mb)
    return replace(planned(situation, refused), would_fit=first_that_fits(situation, smaller))


def outlooks(situation: Situation) -> list[Outlook]:
    snapshot = situation.snapshot
    return [outlook(snapshot, device, situation.owner, situation.need, situation.chosen) for device in snapshot.devices]


def commitment(plan: Plan, snapshot: Snapshot) -> Commitment:
    """What goes into the ledger in the turn in which a plan that fits was made of this snapshot.

    A segmented graph takes all that it is given. A model that is loaded anew goes first: what its worker holds until
    then says nothing of what it will still take.
    """
    stays = [
        each
        for each in snapshot.residents
        if (each.owner, each.device) == (plan.owner, plan.device) and not plan.reload
    ]
    return Commitment(
        owner=plan.owner,
        device=plan.device,
        mb=plan.usage.device_mb if plan.max_vram_mb is None else plan.available.device_mb,
        ram_mb=plan.usage.ram_mb,
        held_mb=sum(each.mb + each.process_mb for each in stays),
        held_ram_mb=sum(each.ram_mb for each in stays),
        unloads=(*plan.unloads, *plan.awaits),
    )


def planned(situation: Situation, climb: Climb) -> Plan:
    """The account of a climb, whether or not it fits."""
    view, fits = climb.outlook, climb.fits
    device, residents = view.device, situation.snapshot.residents
    accounted = sum((held(each, device.id) for each in residents), Amount()).device_mb
    return Plan(
        fits=fits,
        owner=situation.owner,
        preset_id=situation.preset_id,
        device=device.id,
        total_mb=device.total_mb,
        free_mb=device.free_mb,
        others_mb=max(device.total_mb - device.free_mb - accounted, 0.0),
        room=view.room,
        available=climb.room,
        need=situation.need,
        needed=view.usage(situation.chosen),
        usage=climb.usage,
        margin_mb=view.margin(climb.mitigations),
        steps=_steps(climb, situation),
        unloads=tuple(offer.unload for offer in climb.offers) if fits else (),
        mitigations=climb.mitigations if fits else situation.chosen,
        awaits=_awaits(situation, climb) if fits else (),
        reload=not _loaded_so(situation, climb),
        max_vram_mb=_segments_budget(climb) if fits else None,
        short=climb.usage.lacking_in(climb.room),
    )


def first_that_fits(situation: Situation, instead: Iterable[Alternative]) -> Alternative | None:
    return next(
        (each for each in instead if any(map(lowest, outlooks(replace(situation, need=each.need))))),
        None,
    )


def _preference(situation: Situation, climb: Climb) -> tuple[bool, float]:
    """Among devices that are equally good: where the model is, then where most is left."""
    return not _loaded_so(situation, climb), (climb.usage - climb.room).device_mb


def _loaded_so(situation: Situation, climb: Climb) -> bool:
    """Tiling is chosen for each picture; everything else when the model is loaded."""
    if unloading(rivals(situation.snapshot, situation.owner)).get(situation.owner) == Unload(situation.owner, "hard"):
        return False
    wanted = situation.owner, situation.preset_id, climb.outlook.device.id, _fixed(climb.mitigations)
    return any(
        (each.owner, each.preset_id, each.device, _fixed(each.mitigations)) == wanted
        for each in situation.snapshot.residents
    )


def _fixed(mitigations: Collection[Mitigation]) -> frozenset[Mitigation]:
    return frozenset(mitigations) - {"vae_tiling"}


def _awaits(situation: Situation, climb: Climb) -> tuple[Unload, ...]:
    """Its own model first, where that was to go for others: else two workers could wait for each other."""
    snapshot, device = situation.snapshot, climb.outlook.device.id
    going = unloading(rivals(snapshot, situation.owner))
    own = [unload for unload in going.values() if unload.owner == situation.owner]
    if climb.usage.fits_in(climb.room - pledged(snapshot, device, situation.owner)):
        return tuple(own)
    return (*own, *(unload for unload in going.values() if unload not in own))


def _segments_budget(climb: Climb) -> float | None:
    """What is left for weights and compute buffers of one segment."""
    if "segmented_graph" not in climb.mitigations:
        return None
    need = climb.outlook.need
    context = need.context_mb if place("language", climb.mitigations) == "device" else 0.0
    return climb.room.device_mb - need.process_mb - safety(need, climb.mitigations) - context


# The account of each rung ----------------------------------------------------------------------------------------


def _steps(climb: Climb, situation: Situation) -> tuple[Step, ...]:
    """Up to the highest rung taken; all of them where nothing fits."""
    offers = [_unload_step(climb, offer, situation.costs) for offer in climb.outlook.offers]
    rest = [each for each in MITIGATIONS if each not in situation.chosen]
    steps = [*offers, *(_mitigation_step(climb, each, situation.costs) for each in rest)]
    if not climb.fits:
        return tuple(steps)
    highest = max((number for number, step in enumerate(steps, 1) if step.verdict == "taken"), default=0)
    return tuple(steps[:highest])


def _unload_step(climb: Climb, offer: Offer, costs: Costs) -> Step:
    taken = offer in climb.offers
    others = [each for each in climb.offers if each != offer]
    saving = gained([*others, offer]) - gained(others)
    rung: Rung = "soft_unload" if offer.unload.depth == "soft" else "hard_unload"
    verdict: Verdict = "not_needed"
    if taken:
        verdict = "taken" if climb.fits else "not_enough"
    return Step(
        rung=rung,
        saving=saving,
        cost_seconds=_cost(costs, rung).of(offer.gives.device_mb + offer.gives.ram_mb),
        verdict=verdict,
        owner=offer.unload.owner,
    )


def _mitigation_step(climb: Climb, rung: Mitigation, costs: Costs) -> Step:
    use = climb.outlook.usage
    without = use([each for each in climb.mitigations if each != rung])
    with_it = use([each for each in MITIGATIONS if each in climb.mitigations or each == rung])
    saving = without - with_it
    return Step(
        rung=rung,
        saving=saving,
        cost_seconds=_cost(costs, rung).of(max(saving.device_mb, saving.ram_mb, 0.0)),
        verdict=_verdict(climb, rung, saving, with_it),
    )


def _verdict(climb: Climb, rung: Mitigation, saving: Amount, with_it: Amount) -> Verdict:
    if rung in climb.mitigations:
        return "taken" if climb.fits else "not_enough"
    if saving.device_mb <= 0 and saving.ram_mb <= 0:
        return "saves_nothing"
    return "not_needed" if with_it.fits_in(Amount(with_it.device_mb, climb.room.ram_mb)) else "no_ram"


def _cost(costs: Costs, rung: Rung) -> Cost:
    cost: Cost = getattr(costs, rung)
    return cost
