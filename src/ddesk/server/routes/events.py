"""`/api/events`: everything that happened."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter

from ddesk.events.envelope import Recorded
from ddesk.server import views
from ddesk.server.context import MAX_POSITION, Cursor, Limit, TheReading, both, cursor_of, key_of
from ddesk.server.schemas import Page
from ddesk.server.timeline_schemas import RecordedEvent

Position = Annotated[int | None, QueryParameter(ge=0, le=MAX_POSITION, description="A position in the log.")]
Named = Annotated[str | None, QueryParameter(max_length=200)]


class Events(Controller):
    path = "/events"
    tags = ("Events",)

    @get(operation_id=both("listEvents"), summary="What happened, newest first; oldest first with `after`")
    async def all(
        self,
        reading: TheReading,
        after: Position = None,
        before: Position = None,
        stream: Named = None,
        kind: Annotated[str | None, QueryParameter(name="type", max_length=200)] = None,
        actor: Named = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[RecordedEvent]:
        page_from = key_of(cursor)
        forward = after is not None
        walk = reading.reader.walk(
            after=(page_from or after) if forward else None,
            before=before if forward else (page_from or before),
            stream=stream,
            type=kind,
            actor=actor,
            limit=limit,
        )
        found = await in_turns(walk)
        more = cursor_of(found[-1].position) if len(found) == limit else None
        return Page([views.event(recorded) for recorded in found], more)


async def in_turns(reads: Iterable[Sequence[Recorded]]) -> list[Recorded]:
    """All that they find; between one and the next, others on the event loop have their turn."""
    found: list[Recorded] = []
    for some in reads:
        found += some
        await asyncio.sleep(0)
    return found
