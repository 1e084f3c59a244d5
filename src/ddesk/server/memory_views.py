"""From what is recorded about memory to what the API gives."""

import msgspec

from ddesk.app.reading import Reading
from ddesk.events.envelope import Recorded
from ddesk.projections import memory
from ddesk.projections.memory import MeasurementRow
from ddesk.server.memory_schemas import GenerationMemory, MemoryMeasurement, MemoryPlan
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
