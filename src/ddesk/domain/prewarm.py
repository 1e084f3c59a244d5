"""The model that is likely to be wanted next, loaded ahead where that takes nothing from anyone."""

from collections.abc import Sequence

from ddesk.domain.placement import Plan, Situation, plan


def likely_next(waiting: Sequence[str], recent: Sequence[str]) -> str | None:
    """The preset of what waits first; with an empty queue the one used last. None where there is neither."""
    return next(iter(waiting), None) or (recent[-1] if recent else None)


def prewarm(situation: Situation) -> Plan | None:
    """How to load it; None where the worker has a model or work already, or where someone would have to go or wait."""
    snapshot = situation.snapshot
    if any(each.owner == situation.owner and (each.preset_id or each.busy) for each in snapshot.residents):
        return None
    if any(each.owner == situation.owner for each in snapshot.commitments):
        return None
    found = plan(situation)
    return found if found.fits and not found.unloads and not found.awaits else None
