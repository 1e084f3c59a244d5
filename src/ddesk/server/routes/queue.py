"""`/api/queue`: what waits, and its order."""

from litestar import Controller, get, post
from litestar.params import JSONBody

from ddesk.app.desk import Desk
from ddesk.projections import generations
from ddesk.server import views
from ddesk.server.context import TheDesk, TheOrigin
from ddesk.server.schemas import Cleared, Generation, Queue, Reorder


class QueueRoutes(Controller):
    path = "/api/queue"
    tags = ("Queue",)

    @get(operation_id="getQueue", summary="What runs, waits and was interrupted")
    async def now(self, desk: TheDesk) -> Queue:
        return _queue(desk)

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


def _queue(desk: Desk) -> Queue:
    return Queue(
        paused=generations.is_paused(desk.read_models),
        running=_with_status(desk, "running"),
        queued=_with_status(desk, "queued"),
        interrupted=_with_status(desk, "interrupted"),
    )


def _with_status(desk: Desk, status: str) -> list[Generation]:
    return [views.generation(row) for row in generations.with_status(desk.read_models, status)]
