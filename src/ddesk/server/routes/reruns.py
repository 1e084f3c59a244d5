"""What made a picture, making it again, and whether it came out the same."""

from collections.abc import Sequence

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody

from ddesk.app.rerun import comparison, making, rerun
from ddesk.domain.making import Changes, Difference
from ddesk.events.ids import new_id
from ddesk.server import image_schemas
from ddesk.server.context import TheDesk, TheOrigin
from ddesk.server.generation_schemas import Generation
from ddesk.server.image_schemas import Comparison, ImageOrigin, Rerun
from ddesk.server.routes import generations
from ddesk.server.schemas import Id


class Reruns(Controller):
    path = "/api"

    @get(
        "/images/{id_:str}/origin",
        operation_id="getImageOrigin",
        summary="What made it, and could again",
        tags=["Images"],
    )
    async def origin(self, desk: TheDesk, id_: FromPath[Id]) -> ImageOrigin:
        found = await making(desk, id_)
        return ImageOrigin(verdict=found.verdict, fields=_told(found.differing))

    @post(
        "/images/{id_:str}/rerun", status_code=202, operation_id="rerunImage", summary="Make it again", tags=["Images"]
    )
    async def rerun(
        self, desk: TheDesk, origin: TheOrigin, id_: FromPath[Id], data: JSONBody[Rerun | None] = None
    ) -> Generation:
        changes = Changes(**msgspec.structs.asdict(data)) if data else Changes()
        requested = await rerun(desk, origin, new_id(), id_, changes)
        return generations.found(desk, requested)

    @get(
        "/generations/{id_:str}/comparison",
        operation_id="compareGeneration",
        summary="Whether a rerun came out the same",
        tags=["Generations"],
    )
    async def comparison(self, desk: TheDesk, id_: FromPath[Id]) -> Comparison:
        found = comparison(desk, id_)
        return Comparison(
            image=found.image, rerun=found.rerun, identical=found.identical, differing=_told(found.differing)
        )


def _told(differing: Sequence[Difference]) -> list[image_schemas.Difference]:
    return [image_schemas.Difference(each.field, each.then, each.now) for each in differing]
