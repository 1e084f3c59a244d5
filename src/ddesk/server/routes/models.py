"""`/api/models`: the model files of this machine, and which of them make a model together."""

import base64
import binascii
from typing import Annotated

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from ddesk.app.desk import Desk
from ddesk.app.model_library import ModelEntry
from ddesk.domain import model_set
from ddesk.errors import Invalid
from ddesk.server import model_views
from ddesk.server.context import Cursor, Limit, TheDesk
from ddesk.server.model_schemas import Model, ModelFamilies, ModelRoot, ModelSet, ModelSetChecked, PartProblem
from ddesk.server.schemas import Page

Filter = Annotated[str | None, QueryParameter(max_length=200)]


class ModelRoutes(Controller):
    path = "/api/models"
    tags = ("Models",)

    @get(operation_id="listModels", summary="Model files, by name")
    async def all(
        self,
        desk: TheDesk,
        kind: Filter = None,
        family: Filter = None,
        part: Filter = None,
        text: Filter = None,
        damaged: Annotated[bool, QueryParameter(description="Only those that can't be used.")] = False,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Page[Model]:
        """What was not looked into yet is of no kind, family or part."""
        after = _key_of(cursor)
        wanted = _Wanted(kind, family, part, (text or "").casefold(), damaged)
        rows = sorted((_key(each), each) for each in desk.library.entries() if wanted.takes(each))
        rest = [each for key, each in rows if after is None or key > after]
        more = _cursor_of(_key(rest[limit - 1])) if len(rest) > limit else None
        return Page([model_views.model(each) for each in rest[:limit]], more)

    @get("/families", operation_id="listModelFamilies", summary="What families of models need and accept")
    async def families(self, desk: TheDesk) -> ModelFamilies:
        return model_views.families(desk.families)

    @get("/roots", operation_id="listModelRoots", summary="The folders that are looked through")
    async def roots(self, desk: TheDesk) -> Page[ModelRoot]:
        return Page([model_views.root(each) for each in desk.library.watched()], None)

    @get("/{id_:str}", operation_id="getModel", summary="One model file")
    async def one(self, desk: TheDesk, id_: FromPath[str]) -> Model:
        return model_views.model(desk.library.entry(id_))

    @post("/scan", status_code=200, operation_id="scanModels", summary="Look for changes now, and into what is new")
    async def scan(self, desk: TheDesk) -> Page[ModelRoot]:
        await desk.library.scan()
        return Page([model_views.root(each) for each in desk.library.watched()], None)

    @post("/check", status_code=200, operation_id="checkModels", summary="Whether files make a model, and what would")
    async def check(self, desk: TheDesk, data: JSONBody[ModelSet]) -> ModelSetChecked:
        files = {part: await desk.library.candidate(id_) for part, id_ in data.files.items()}
        return model_views.checked(files, desk.families, desk.library.candidates(), await _wrong_loras(desk, data))


async def _wrong_loras(desk: Desk, data: ModelSet) -> list[PartProblem]:
    """Raises NotFound, and Fault where one can't be looked into."""
    loras = {id_: desk.library.entry(id_).file.path for id_ in data.loras}
    head = model_set.head_of(data.files)
    if head is None:
        return []
    model = desk.library.entry(data.files[head]).file.path
    found = {id_: await desk.library.wrong_with_lora(path, model) for id_, path in loras.items()}
    return [PartProblem("bad_lora", id_, words) for id_, words in found.items() if words]


class _Wanted:
    def __init__(self, kind: str | None, family: str | None, part: str | None, text: str, damaged: bool) -> None:
        self._kind, self._family, self._part = kind, family, part
        self._text, self._damaged = text, damaged

    def takes(self, entry: ModelEntry) -> bool:
        about = entry.about
        return (
            (self._kind is None or (about is not None and about.kind == self._kind))
            and (self._family is None or (about is not None and about.family == self._family))
            and (self._part is None or (about is not None and self._part in about.parts))
            and (not self._damaged or (about is not None and not about.ok))
            and self._text in f"{entry.file.name} {about.metadata.get('name', '') if about else ''}".casefold()
        )


def _key(entry: ModelEntry) -> tuple[str, str]:
    return entry.file.name, entry.id


def _cursor_of(key: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode("\0".join(key).encode("utf-8", "surrogatepass")).decode()


def _key_of(cursor: str | None) -> tuple[str, str] | None:
    if cursor is None:
        return None
    try:
        name, _, id_ = base64.b64decode(cursor, b"-_", validate=True).decode("utf-8", "surrogatepass").partition("\0")
    except (binascii.Error, UnicodeError, ValueError) as wrong:
        raise Invalid("bad_cursor", "That cursor is none that this desk gave.", "Start from the first page.") from wrong
    return name, id_
