"""`/api/memory`: how well the desk foretells what work takes."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter

from ddesk.projections import memory
from ddesk.server import memory_views
from ddesk.server.context import Cursor, Limit, TheReading, both, cursor_of, key_of
from ddesk.server.memory_schemas import MemoryMeasurement
from ddesk.server.schemas import Page


class MemoryQueries(Controller):
    path = "/memory"
    tags = ("Memory",)

    @get("/measurements", operation_id=both("listMeasurements"), summary="Predicted and measured, newest first")
    async def measurements(
        self,
        reading: TheReading,
        preset: Annotated[str | None, QueryParameter(max_length=200, description="Only those of this preset.")] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[MemoryMeasurement]:
        rows = memory.page(reading.read_models, before=key_of(cursor), preset_id=preset, limit=limit)
        more = cursor_of(rows[-1].position) if len(rows) == limit else None
        return Page([memory_views.measurement(row) for row in rows], more)
