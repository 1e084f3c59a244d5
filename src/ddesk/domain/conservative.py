"""The one retry after memory ran out all the same: the prediction was too small, so it counts on more."""

from collections.abc import Iterable

from msgspec.structs import replace

from ddesk.domain.estimates import Retry
from ddesk.domain.ladder import Climb, Outlook, climb_all, combinations, lowest
from ddesk.domain.memory import Mitigation, Need
from ddesk.domain.needs import Alternative
from ddesk.domain.placement import Plan, Situation, outlooks, planned


def retry(situation: Situation, failed: Plan, by: Retry) -> Plan | None:
    """On the same device with every idle model unloaded; None after a retry, or where nothing more can give.

    What was given up stays so and VAE tiling joins it, whichever phase failed; text encoders, VAE and weights leave the
    device as far as compute buffers `by.compute` times as large ask for. Where those never fit, it is the combination
    that comes nearest, if it fits by the first prediction.
    """
    wary = replace(situation, need=_larger(situation.need, by.compute))
    view, wary_view = _view(situation, failed.device), _view(wary, failed.device)
    if failed.conservative or view is None or wary_view is None:
        return None
    tried = list(combinations(_given_up(situation.need, failed)))
    climbs = [climb_all(wary_view, mitigations) for mitigations in tried]
    if safe := next((climb for climb in climbs if climb.fits), None):
        return _planned(wary, safe)
    possible = [climb for climb in climbs if climb_all(view, climb.mitigations).fits]
    if not possible:
        return None
    nearest = min(possible, key=lambda climb: climb.usage.device_mb)
    return _planned(situation, climb_all(view, nearest.mitigations))


def would_fit(situation: Situation, smaller: Iterable[Alternative], by: Retry) -> Alternative | None:
    """The first that fits also where its buffers are as much larger as the retry counted on."""
    for each in smaller:
        wary = replace(situation, need=_larger(each.need, by.compute))
        if any(map(lowest, outlooks(wary))):
            return each
    return None


def _planned(situation: Situation, climb: Climb) -> Plan:
    return replace(planned(situation, climb), conservative=True)


def _view(situation: Situation, device: str) -> Outlook | None:
    return next((view for view in outlooks(situation) if view.device.id == device), None)


def _given_up(need: Need, failed: Plan) -> tuple[Mitigation, ...]:
    tiles = any(phase.tiled_mb is not None for phase in need.phases)
    return (*failed.mitigations, "vae_tiling") if tiles else failed.mitigations


def _larger(need: Need, times: float) -> Need:
    phases = [
        replace(
            phase,
            compute_mb=phase.compute_mb * times,
            tiled_mb=None if phase.tiled_mb is None else phase.tiled_mb * times,
        )
        for phase in need.phases
    ]
    return replace(need, phases=tuple(phases))
