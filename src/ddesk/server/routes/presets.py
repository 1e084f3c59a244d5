"""`/api/presets/image`: what pictures are made with."""

from typing import Annotated, Any, get_args

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec.structs import replace

from ddesk.app.desk import Desk
from ddesk.app.preset_files import ChosenLora, FileSet
from ddesk.domain.recipe import MAX_SIZE, MIN_SIZE
from ddesk.errors import NotFound
from ddesk.events.generation import ModelFile
from ddesk.events.ids import new_id
from ddesk.events.preset import ImageDefaults, MemoryFlag
from ddesk.events.preset import ImagePreset as Content
from ddesk.projections import presets
from ddesk.projections.presets import PresetRow
from ddesk.server import memory_views, preset_views
from ddesk.server.context import TheDesk, TheOrigin, TheReading, both
from ddesk.server.memory_schemas import Estimate
from ddesk.server.preset_documents import as_download, check_document
from ddesk.server.preset_schemas import (
    FORMAT,
    VERSION,
    ImagePreset,
    PresetCreation,
    PresetDocument,
    PresetEdit,
    PresetEstimation,
)
from ddesk.server.schemas import Page

Side = Annotated[int, QueryParameter(ge=MIN_SIZE, le=MAX_SIZE, description="In pixels.")]


class PresetQueries(Controller):
    path = "/presets/image"
    tags = ("Presets",)

    @get(operation_id=both("listImagePresets"), summary="What pictures can be made with")
    async def all(self, reading: TheReading) -> Page[ImagePreset]:
        return Page([preset_views.preset(reading, row) for row in presets.every(reading.read_models)], None)


class ImagePresets(PresetQueries):
    path = "/api/presets/image"

    @post(operation_id="createImagePreset", summary="Assemble one from model files")
    async def create(self, desk: TheDesk, origin: TheOrigin, data: JSONBody[PresetCreation]) -> ImagePreset:
        found = await desk.preset_files.checked(data.files)
        content = _over(_fresh(desk, data.name, found), data)
        content = await desk.preset_files.with_loras(content, _loras(data))
        return _told(desk, await desk.image_presets.create(origin, content, _notes(data, "")))

    @post(
        "/estimate", status_code=200, operation_id="estimatePreset", summary="What it would take, before there is one"
    )
    async def foretell(self, desk: TheDesk, data: JSONBody[PresetEstimation]) -> Estimate:
        content = await desk.preset_files.provisional(data.files, _flags(data.memory_flags), data.loras)
        width, height = data.width or content.defaults.width, data.height or content.defaults.height
        return memory_views.estimate(desk.foresight.outlook(new_id(), content, width, height))

    @post("/import", operation_id="importImagePreset", summary="Make one from a document that a desk exported")
    async def import_(self, desk: TheDesk, origin: TheOrigin, data: JSONBody[PresetDocument]) -> ImagePreset:
        """Its files have to be among the model files of this machine."""
        check_document(data, FORMAT, VERSION)
        ids = await desk.preset_files.found(
            [ModelFile(each.part, each.name, each.size, each.sha256) for each in data.files]
        )
        fresh = _fresh(desk, data.name, await desk.preset_files.checked(ids))
        defaults = replace(fresh.defaults, **msgspec.structs.asdict(data.defaults))
        content = replace(fresh, defaults=defaults, memory_flags=_flags(data.memory_flags))
        content = await desk.preset_files.with_loras(content, await _travelled(desk, data))
        return _told(desk, await desk.image_presets.create(origin, content, data.notes))

    @get("/{id_:str}/export", operation_id="exportImagePreset", summary="The document that another desk can import")
    async def export(self, desk: TheDesk, id_: FromPath[str]) -> Response[PresetDocument]:
        row = _found(desk, id_)
        return as_download(row.content.name, preset_views.document(row))

    @post("/{id_:str}/duplicate", operation_id="duplicateImagePreset", summary="Another one just like it")
    async def duplicate(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[str]) -> ImagePreset:
        return _told(desk, await desk.image_presets.duplicate(origin, id_))

    @get("/{id_:str}/estimate", operation_id="estimateMemory", summary="What a picture of a size would take in memory")
    async def estimate(self, desk: TheDesk, id_: FromPath[str], width: Side, height: Side) -> Estimate:
        return memory_views.estimate(desk.foresight.outlook(id_, _found(desk, id_).content, width, height))

    @post("/{id_:str}/load", status_code=202, operation_id="loadImagePreset", summary="Have its model in memory")
    async def load(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[str]) -> ImagePreset:
        """Those who watch `/api/live` are told how far it is, and when it is over, however it ends."""
        desk.load_preset(origin, id_)
        return _told(desk, id_)

    @patch("/{id_:str}", operation_id="editImagePreset", summary="Change some of it")
    async def edit(
        self, desk: TheDesk, origin: TheOrigin, id_: FromPath[str], data: JSONBody[PresetEdit]
    ) -> ImagePreset:
        row = _found(desk, id_)
        content = row.content
        if data.files is not msgspec.UNSET:
            content = _of_files(desk, content, await desk.preset_files.checked(data.files))
        if data.files is not msgspec.UNSET or data.loras is not msgspec.UNSET:
            content = await desk.preset_files.with_loras(content, _loras(data))
        await desk.image_presets.edit(origin, id_, _over(content, data), _notes(data, row.notes))
        return _told(desk, id_)

    @delete("/{id_:str}", operation_id="deleteImagePreset", summary="Take it off the list; its files stay")
    async def delete(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[str]) -> None:
        await desk.image_presets.delete(origin, id_)

    @post("/{id_:str}/restore", status_code=200, operation_id="restoreImagePreset", summary="Put it back on the list")
    async def restore(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[str]) -> ImagePreset:
        await desk.image_presets.restore(origin, id_)
        return _told(desk, id_)


def _fresh(desk: Desk, name: str, found: FileSet) -> Content:
    """With the defaults of its family."""
    defaults = desk.preset_files.kin(found.family).defaults
    return Content(name=name, family=found.family, model_files=found.files, defaults=defaults)


def _of_files(desk: Desk, content: Content, found: FileSet) -> Content:
    """Sizes snap to what its family makes."""
    defaults = content.defaults
    if found.family != content.family:
        defaults = replace(defaults, multiple=desk.preset_files.kin(found.family).defaults.multiple)
    return replace(content, family=found.family, model_files=found.files, defaults=defaults)


def _over(content: Content, data: PresetCreation | PresetEdit) -> Content:
    """With what was given, apart from files and notes."""
    given: dict[str, Any] = {
        name: value for name in data.__struct_fields__ if (value := getattr(data, name)) is not msgspec.UNSET
    }
    if "memory_flags" in given:
        given["memory_flags"] = _flags(given["memory_flags"])
    own = {name: given[name] for name in ("name", "memory_flags", "cover") if name in given}
    defaults = {name: given[name] for name in ImageDefaults.__struct_fields__ if name in given}
    return replace(content, **own, defaults=replace(content.defaults, **defaults))


async def _travelled(desk: Desk, data: PresetDocument) -> list[ChosenLora]:
    """Its LoRAs, found among the model files of this machine."""
    numbered = [(f"LoRA {number}", each) for number, each in enumerate(data.loras, 1)]
    ids = await desk.preset_files.found([ModelFile(name, each.name, each.size, each.sha256) for name, each in numbered])
    return [ChosenLora(ids[name], each.strength) for name, each in numbered]


def _loras(data: PresetCreation | PresetEdit) -> list[ChosenLora] | None:
    return None if data.loras is msgspec.UNSET else [ChosenLora(each.id, each.strength) for each in data.loras]


def _notes(data: PresetCreation | PresetEdit, otherwise: str) -> str:
    return otherwise if data.notes is msgspec.UNSET else data.notes


def _flags(given: list[MemoryFlag]) -> tuple[MemoryFlag, ...]:
    return tuple(each for each in get_args(MemoryFlag) if each in given)


def _told(desk: Desk, id_: str) -> ImagePreset:
    return preset_views.preset(desk, _found(desk, id_))


def _found(desk: Desk, id_: str) -> PresetRow:
    if row := presets.by_id(desk.read_models, id_):
        return row
    raise NotFound("no_such_preset", f"There is no image preset {id_!r}.", "Choose one of the list of presets.")
