"""`/api/presets/image`: what pictures are made with."""

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from ddesk.app.desk import Desk
from ddesk.domain.recipe import MAX_SIZE, MIN_SIZE
from ddesk.errors import NotFound
from ddesk.projections import presets
from ddesk.projections.presets import PresetRow
from ddesk.server import views
from ddesk.server.context import TheDesk, TheOrigin, TheReading, both
from ddesk.server.schemas import Estimate, ImagePreset, Page, PresetEdit

Side = Annotated[int, QueryParameter(ge=MIN_SIZE, le=MAX_SIZE, description="In pixels.")]


class PresetQueries(Controller):
    path = "/presets/image"
    tags = ("Presets",)

    @get(operation_id=both("listImagePresets"), summary="What pictures can be made with")
    async def all(self, reading: TheReading) -> Page[ImagePreset]:
        return Page([views.preset(reading, row) for row in presets.every(reading.read_models)], None)


class ImagePresets(PresetQueries):
    path = "/api/presets/image"

    @get("/{id_:str}/estimate", operation_id="estimateMemory", summary="What a picture of a size would take in memory")
    async def estimate(self, desk: TheDesk, id_: FromPath[str], width: Side, height: Side) -> Estimate:
        return views.estimate(desk.foresight.outlook(id_, _found(desk, id_).content, width, height))

    @post("/{id_:str}/load", status_code=202, operation_id="loadImagePreset", summary="Have its model in memory")
    async def load(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[str]) -> ImagePreset:
        desk.load_preset(origin, id_)
        return views.preset(desk, _found(desk, id_))

    @patch("/{id_:str}", operation_id="editImagePreset", summary="Change some of it")
    async def edit(
        self, desk: TheDesk, origin: TheOrigin, id_: FromPath[str], data: JSONBody[PresetEdit]
    ) -> ImagePreset:
        row = _found(desk, id_)
        given = {name: value for name in data.__struct_fields__ if (value := getattr(data, name)) is not msgspec.UNSET}
        name, notes = given.pop("name", row.content.name), given.pop("notes", row.notes)
        defaults = msgspec.structs.replace(row.content.defaults, **given)
        content = msgspec.structs.replace(row.content, name=name, defaults=defaults)
        await desk.edit_preset(origin, id_, content, notes)
        return views.preset(desk, _found(desk, id_))

    @delete("/{id_:str}", operation_id="deleteImagePreset", summary="Take it off the list; its files stay")
    async def delete(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[str]) -> None:
        await desk.delete_preset(origin, id_)

    @post("/{id_:str}/restore", status_code=200, operation_id="restoreImagePreset", summary="Put it back on the list")
    async def restore(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[str]) -> ImagePreset:
        await desk.restore_preset(origin, id_)
        return views.preset(desk, _found(desk, id_))


def _found(desk: Desk, id_: str) -> PresetRow:
    if row := presets.by_id(desk.read_models, id_):
        return row
    raise NotFound("no_such_preset", f"There is no image preset {id_!r}.", "Choose one of the list of presets.")
