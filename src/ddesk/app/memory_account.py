"""The account of a plan: the event that explains it."""

from ddesk.app.machine import Machine
from ddesk.app.wanted import Wanted
from ddesk.domain.placement import Plan
from ddesk.domain.residents import Unload
from ddesk.events.memory import MemoryPlanned, PlannedPhase, PlannedStep, PlannedUnload


def planned_event(made: Plan, wanted: Wanted, machine: Machine) -> MemoryPlanned:
    """All that explains it."""
    need = made.need
    return MemoryPlanned(
        purpose=wanted.purpose,
        preset_id=wanted.preset_id,
        generation_id=wanted.generation_id,
        width=wanted.width,
        height=wanted.height,
        device=made.device,
        total_mb=_mb(made.total_mb),
        free_mb=_mb(made.free_mb),
        others_mb=_mb(made.others_mb),
        room_mb=_mb(made.room.device_mb),
        available_mb=_mb(made.available.device_mb),
        weights_mb={name: _mb(mb) for name, mb in need.weights_mb.items()},
        phases=tuple(
            PlannedPhase(name=each.name, component=each.component, compute_mb=_mb(each.compute_mb))
            for each in need.phases
        ),
        process_mb=_mb(need.process_mb),
        safety_mb=_mb(made.margin_mb),
        context_mb=_mb(need.context_mb),
        needed_mb=_mb(made.needed.device_mb),
        planned_mb=_mb(made.usage.device_mb),
        planned_ram_mb=_mb(made.usage.ram_mb),
        fits=made.fits,
        known=need.known,
        steps=tuple(
            PlannedStep(
                rung=each.rung,
                verdict=each.verdict,
                saving_mb=_mb(each.saving.device_mb),
                saving_ram_mb=_mb(each.saving.ram_mb),
                cost_seconds=round(each.cost_seconds, 1),
                owner=each.owner,
            )
            for each in made.steps
        ),
        unloads=tuple(_unload(each, machine) for each in made.unloads),
        mitigations=made.mitigations,
        reload=made.reload,
        max_vram_mb=None if made.max_vram_mb is None else _mb(made.max_vram_mb),
        short_mb=_mb(made.short.device_mb),
        short_ram_mb=_mb(made.short.ram_mb),
        would_fit=made.would_fit.name if made.would_fit else "",
        conservative=made.conservative,
    )


def _unload(unload: Unload, machine: Machine) -> PlannedUnload:
    held = machine.model_of(unload.owner)
    return PlannedUnload(owner=unload.owner, preset_id=held.preset_id if held else "", depth=unload.depth)


def _mb(mb: float) -> float:
    return round(mb, 1)
