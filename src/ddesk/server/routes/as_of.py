"""`/api/as-of`: the desk as it was. The queries below it are those of the desk as it is."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from ddesk.app.bring_back import bring_back
from ddesk.app.streams import earlier, folded
from ddesk.errors import NotFound
from ddesk.server import views
from ddesk.server.context import MAX_POSITION, TheDesk, TheOrigin
from ddesk.server.schemas import Page
from ddesk.server.timeline_schemas import AsOf, BringBack, BroughtBack, Mark, StreamState

_SECONDS = 2.0


class TimeTravel(Controller):
    path = "/api/as-of"
    tags = ("Time travel",)

    @get(operation_id="findMoment", summary="A moment by its position or time; now without either")
    async def moment(
        self,
        desk: TheDesk,
        position: Annotated[int | None, QueryParameter(ge=0, le=MAX_POSITION)] = None,
        at: Annotated[datetime | None, QueryParameter(description="In UTC where it names no zone.")] = None,
    ) -> AsOf:
        if position is None:
            position = desk.reader.head().position if at is None else desk.reader.position_at(_unix_us(at))
        earlier(desk.reader, position)
        return views.as_of(desk, position)

    @get("/marks", operation_id="listMarks", summary="When positions at even distances were reached")
    async def marks(self, desk: TheDesk, count: Annotated[int, QueryParameter(ge=2, le=100)] = 9) -> Page[Mark]:
        head = desk.reader.head().position
        positions = dict.fromkeys(max(1, head * n // (count - 1)) for n in range(count)) if head else ()
        found = [desk.reader.events(before=position + 1, limit=1)[0] for position in positions]
        return Page([Mark(position=each.position, recorded_at=views.iso(each.recorded_at)) for each in found], None)

    @get("/{position:int}", operation_id="openMoment", summary="Have the desk as it was read from the log")
    async def open(self, desk: TheDesk, position: FromPath[int]) -> AsOf:
        """Answers 202, and how far it is, for as long as that takes."""
        await desk.as_of(position, _SECONDS)
        return views.as_of(desk, position)

    @post("/{position:int}/restore", status_code=200, operation_id="bringBack", summary="Make it what it was then")
    async def restore(
        self, desk: TheDesk, origin: TheOrigin, position: FromPath[int], data: JSONBody[BringBack]
    ) -> BroughtBack:
        return BroughtBack(await bring_back(desk, origin, position, data.stream, data.key))


@get("/api/streams/{stream:str}", operation_id="getStream", summary="What a stream had come to", tags=["Events"])
async def stream_state(
    desk: TheDesk,
    stream: FromPath[str],
    at: Annotated[
        int | None, QueryParameter(ge=0, le=MAX_POSITION, description="A position; the last if left out.")
    ] = None,
) -> StreamState:
    position = desk.reader.head().position if at is None else at
    recorded = earlier(desk.reader, position).stream(stream)
    state = msgspec.to_builtins(folded(stream, recorded), order="deterministic")
    if not recorded and not desk.reader.stream(stream):
        raise NotFound("no_such_stream", f"Nothing ever happened to {stream!r}.", "Events name the stream they are of.")
    return StreamState(stream=stream, at=position, version=len(recorded), state=state)


def _unix_us(moment: datetime) -> int:
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000_000)
