"""`/api/presets/language`: what will talk, see and write."""

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from ddesk.app.desk import Desk
from ddesk.domain.language_set import PARTS
from ddesk.errors import NotFound
from ddesk.projections import language_presets
from ddesk.projections.language_presets import LanguagePresetRow
from ddesk.server import language_views, memory_views
from ddesk.server.context import TheDesk, TheOrigin, TheReading, both
from ddesk.server.language_schemas import (
    FORMAT,
    VERSION,
    LanguageAnswer,
    LanguagePreset,
    LanguagePresetDocument,
    LanguagePresetEdit,
    LanguagePrompts,
    LanguageQuestion,
    LanguageStart,
    NewLanguagePreset,
)
from ddesk.server.memory_schemas import Estimate
from ddesk.server.preset_documents import as_download, check_document
from ddesk.server.schemas import Page


class LanguagePresetQueries(Controller):
    path = "/presets/language"
    tags = ("Language presets",)

    @get(operation_id=both("listLanguagePresets"), summary="What talks, sees and writes")
    async def all(self, reading: TheReading) -> Page[LanguagePreset]:
        rows = language_presets.every(reading.read_models)
        return Page([language_views.preset(reading, row) for row in rows], None)


class LanguagePresets(LanguagePresetQueries):
    path = "/api/presets/language"

    @get("/prompts", operation_id="getLanguagePrompts", summary="The desk's own system prompts")
    async def prompts(self, desk: TheDesk) -> LanguagePrompts:
        """They take the place of what a preset leaves empty."""
        return language_views.prompts(desk.language_presets.prompts)

    @get("/start", operation_id="getLanguageStart", summary="What a new preset starts with")
    async def start(self, desk: TheDesk) -> LanguageStart:
        return language_views.start(desk.language_presets.start)

    @post(
        "/estimate",
        status_code=200,
        operation_id="assessLanguageFiles",
        summary="Whether files fit, and what they take",
    )
    async def assess(self, desk: TheDesk, data: JSONBody[LanguageQuestion]) -> LanguageAnswer:
        found = await desk.language_presets.assess(data.files, data.context, data.kv_cache, data.memory_flags)
        return language_views.answer(found)

    @post(operation_id="createLanguagePreset", summary="Make one of model files")
    async def create(self, desk: TheDesk, origin: TheOrigin, data: JSONBody[NewLanguagePreset]) -> LanguagePreset:
        return _shown(desk, await desk.language_presets.create(origin, language_views.wanted(data)))

    @post("/import", operation_id="importLanguagePreset", summary="Make one that another desk exported")
    async def import_(self, desk: TheDesk, origin: TheOrigin, data: JSONBody[LanguagePresetDocument]) -> LanguagePreset:
        """Its files have to be among the model files of this machine."""
        check_document(data, FORMAT, VERSION)
        ids = await desk.preset_files.found(language_views.named(data), PARTS)
        return _shown(desk, await desk.language_presets.create(origin, language_views.imported(data, ids)))

    @get("/{id_:str}/estimate", operation_id="estimateLanguageMemory", summary="What it would take in memory")
    async def estimate(self, desk: TheDesk, id_: FromPath[str]) -> Estimate:
        return memory_views.estimate(await desk.language_presets.outlook(id_))

    @get("/{id_:str}/export", operation_id="exportLanguagePreset", summary="The document that another desk can import")
    async def export(self, desk: TheDesk, id_: FromPath[str]) -> Response[LanguagePresetDocument]:
        row = _found(desk, id_)
        return as_download(row.content.name, language_views.document(row))

    @post("/{id_:str}/duplicate", operation_id="duplicateLanguagePreset", summary="Make another one like it")
    async def duplicate(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[str]) -> LanguagePreset:
        return _shown(desk, await desk.language_presets.duplicate(origin, id_))

    @patch("/{id_:str}", operation_id="editLanguagePreset", summary="Change some of it")
    async def edit(
        self, desk: TheDesk, origin: TheOrigin, id_: FromPath[str], data: JSONBody[LanguagePresetEdit]
    ) -> LanguagePreset:
        row = _found(desk, id_)
        await desk.language_presets.edit(
            origin,
            id_,
            language_views.edited(row.content, data),
            row.prompts if data.prompts is UNSET else language_views.as_stored(data.prompts),
            row.notes if data.notes is UNSET else data.notes,
            None if data.files is UNSET else data.files,
        )
        return _shown(desk, id_)

    @delete("/{id_:str}", operation_id="deleteLanguagePreset", summary="Take it off the list; its files stay")
    async def delete(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[str]) -> None:
        await desk.language_presets.delete(origin, id_)

    @post(
        "/{id_:str}/restore", status_code=200, operation_id="restoreLanguagePreset", summary="Put it back on the list"
    )
    async def restore(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[str]) -> LanguagePreset:
        await desk.language_presets.restore(origin, id_)
        return _shown(desk, id_)


def _shown(desk: Desk, id_: str) -> LanguagePreset:
    return language_views.preset(desk, _found(desk, id_))


def _found(desk: Desk, id_: str) -> LanguagePresetRow:
    if row := language_presets.by_id(desk.read_models, id_):
        return row
    raise NotFound("no_such_preset", f"There is no language preset {id_!r}.", "Choose one of the list of presets.")
