"""From what the desk knows about memory to what the API gives."""

import msgspec

from ddesk.app.desk import Desk
from ddesk.app.foresight import Outlook
from ddesk.app.reading import Reading
from ddesk.domain.commitments import outstanding
from ddesk.domain.residents import Resident
from ddesk.events.envelope import Recorded
from ddesk.projections import memory, presets
from ddesk.projections.memory import MeasurementRow
from ddesk.protocol.messages import MemoryReport
from ddesk.server.memory_schemas import (
    DeviceMemory,
    Estimate,
    GenerationMemory,
    Giving,
    Holder,
    Memory,
    MemoryMeasurement,
    MemoryPlan,
)
from ddesk.server.views import iso


def of_generation(reading: Reading, generation_id: str) -> GenerationMemory:
    positions = memory.plans(reading.read_models, generation_id)
    found = reading.reader.at(positions)
    return GenerationMemory(
        plans=[plan(found[position]) for position in positions],
        measured=[measurement(row) for row in memory.measured(reading.read_models, generation_id)],
    )


def plan(recorded: Recorded) -> MemoryPlan:
    """All facts of the event, by their names."""
    facts = msgspec.to_builtins(recorded.event)
    return msgspec.convert(
        {**facts, "position": recorded.position, "planned_at": iso(recorded.recorded_at)}, MemoryPlan
    )


def measurement(row: MeasurementRow) -> MemoryMeasurement:
    return MemoryMeasurement(
        position=row.position,
        measured_at=iso(row.measured_at),
        generation_id=row.generation_id,
        image_id=row.image_id,
        preset_id=row.preset_id,
        device=row.device,
        width=row.width,
        height=row.height,
        predicted_mb=row.predicted_mb,
        measured_mb=row.measured_mb,
        error=round(row.predicted_mb / row.measured_mb - 1, 4),
        known=row.known,  # type: ignore[arg-type]  # the event knows no other
    )


def estimate(found: Outlook) -> Estimate:
    plan, need = found.plan, found.plan.need
    return Estimate(
        device=plan.device,
        total_mb=round(plan.total_mb, 1),
        available_mb=round(max(plan.available.device_mb, 0.0), 1),
        peak_mb=round(plan.usage.device_mb - plan.margin_mb, 1),
        process_mb=round(need.process_mb, 1),
        weights_mb={name: round(mb, 1) for name, mb in need.weights_mb.items()},
        context_mb=round(need.context_mb, 1),
        compute_mb={phase.name: round(phase.compute_mb, 1) for phase in need.phases},
        safety_mb=round(plan.margin_mb, 1),
        known=need.known,
        measured=found.measured,
        fits=plan.fits,
        gives=[
            Giving(each.rung, each.owner, round(each.saving.device_mb, 1), round(each.cost_seconds, 1))
            for each in plan.steps
            if each.verdict == "taken"
        ],
        would_fit=plan.would_fit.name if plan.would_fit else None,
    )


def of_device(desk: Desk) -> DeviceMemory:
    found, snapshot = desk.planner.machine.memory(), desk.planner.snapshot()
    committed = sum(outstanding(each, found.device).device_mb for each in snapshot.commitments)
    return DeviceMemory(
        device=found.device,
        allocated_mb=found.allocated_mb,
        free_mb=found.free_mb,
        total_mb=found.total_mb,
        rss_mb=found.desk_mb,
        committed_mb=round(min(committed, found.free_mb), 1),
        simulated=desk.planner.machine.is_simulated,
        owners=[_holder(desk, each) for each in snapshot.residents],
    )


def _holder(desk: Desk, held: Resident) -> Holder:
    row = presets.by_id(desk.read_models, held.preset_id) if held.preset_id else None
    return Holder(
        owner=held.owner,
        preset_id=held.preset_id or None,
        preset=row.content.name if row else None,
        mb=round(held.mb, 1),
        ram_mb=round(held.ram_mb, 1),
        soft_mb=round(held.soft_mb, 1),
        process_mb=round(held.process_mb, 1),
        busy=held.busy,
        mitigations=list(held.mitigations),
    )


def report(found: MemoryReport) -> Memory:
    return Memory(
        device=found.device,
        allocated_mb=found.allocated_mb,
        free_mb=found.free_mb,
        total_mb=found.total_mb,
        rss_mb=found.rss_mb,
    )
