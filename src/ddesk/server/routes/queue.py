"""`/api/queue`: what waits, and its order."""

from litestar import Controller, get, post
from litestar.params import JSONBody

from ddesk.app.reading import Reading
from ddesk.projections import generations
from ddesk.server import views
from ddesk.server.context import TheDesk, TheOrigin, TheReading, both
from ddesk.server.generation_schemas import Cleared, Generation, Queue, Reorder


class QueueQuery(Controller):
    path = "/queue"
    tags = ("Queue",)

    @get(operation_id=both("getQueue"), summary="What runs, waits and was interrupted")
    async def all(self, reading: TheReading) -> Queue:
        return _queue(reading)


class QueueRoutes(QueueQuery):
    path = "/api/queue"

    @post("/pause", status_code=200, operation_id="pauseQueue", summary="Start nothing new")
    async def pause(self, desk: TheDesk, origin: TheOrigin) -> Queue:
        await desk.pause_queue(origin)
        return _queue(desk)

    @post("/resume", status_code=200, operation_id="resumeQueue", summary="Go on")
    async def resume(self, desk: TheDesk, origin: TheOrigin) -> Queue:
        await desk.resume_queue(origin)
        return _queue(desk)

    @post("/clear", status_code=200, operation_id="clearQueue", summary="Cancel all that waits")
    async def clear(self, desk: TheDesk, origin: TheOrigin) -> Cleared:
        return Cleared(list(await desk.clear_queue(origin)))

    @post("/reorder", status_code=200, operation_id="reorderQueue", summary="Let these take each other's places")
    async def reorder(self, desk: TheDesk, origin: TheOrigin, data: JSONBody[Reorder]) -> Queue:
        await desk.reorder_queue(origin, data.generations)
        return _queue(desk)


def _queue(reading: Reading) -> Queue:
    return Queue(
        paused=generations.is_paused(reading.read_models),
        running=_with_status(reading, "running"),
        queued=_with_status(reading, "queued"),
        interrupted=_with_status(reading, "interrupted"),
    )


def _with_status(reading: Reading, status: str) -> list[Generation]:
    return [views.generation(row) for row in generations.with_status(reading.read_models, status)]
