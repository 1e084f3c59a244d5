"""What the API gives of a plan is all that was recorded of it."""

from collections.abc import Mapping

import pytest
from msgspec import Struct

from ddesk.events import memory as events
from ddesk.server import memory_schemas as schemas

pytestmark = pytest.mark.quick

SHOWN: Mapping[type[Struct], type[Struct]] = {
    events.MemoryPlanned: schemas.MemoryPlan,
    events.MemoryMeasured: schemas.MemoryMeasurement,
    events.PlannedPhase: schemas.MemoryPhase,
    events.PlannedStep: schemas.MemoryStep,
    events.PlannedUnload: schemas.MemoryUnload,
}


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.__name__)
def test_no_fact_is_left_out(kind: type[Struct]) -> None:
    assert set(kind.__struct_fields__) - set(SHOWN[kind].__struct_fields__) == set()
