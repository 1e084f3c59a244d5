"""`/api/trash`: the pictures that wait to be removed for good."""

from litestar import Controller, get, post
from litestar.params import JSONBody

from ddesk.projections import gallery
from ddesk.server import views
from ddesk.server.context import TheDesk, TheOrigin
from ddesk.server.image_schemas import BulkChanged, Purge, Trash


class TrashRoutes(Controller):
    path = "/api/trash"
    tags = ("Images",)

    @get(operation_id="getTrash", summary="How much is in the trash")
    async def now(self, desk: TheDesk) -> Trash:
        found = gallery.trash(desk.read_models)
        return Trash(found.count, found.size)

    @post("/empty", status_code=200, operation_id="emptyTrash", summary="Remove what is in it, for good")
    async def empty(self, desk: TheDesk, origin: TheOrigin, data: JSONBody[Purge | None] = None) -> BulkChanged:
        if data is None or not data.forget:
            return BulkChanged(await desk.empty_trash(origin))
        job, positions = await desk.forget_trash(origin)
        return BulkChanged(job, views.forgotten(desk, positions))
