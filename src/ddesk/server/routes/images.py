"""`/api/images`: the pictures that were made."""

import contextlib
from pathlib import Path

from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import File

from ddesk.app.desk import Desk
from ddesk.errors import Fault, NotFound
from ddesk.projections import gallery
from ddesk.projections.gallery import ImageRow
from ddesk.server import views
from ddesk.server.context import Cursor, Limit, TheDesk, TheOrigin, cursor_of, key_of
from ddesk.server.schemas import Id, Image, Page

_NEVER_CHANGES = {"cache-control": "private, max-age=31536000, immutable"}


class Images(Controller):
    path = "/api/images"
    tags = ("Images",)

    @get(operation_id="listImages", summary="All pictures, newest first")
    async def all(self, desk: TheDesk, limit: Limit = 50, cursor: Cursor = None) -> Page[Image]:
        rows = gallery.page(desk.read_models, before=key_of(cursor), limit=limit)
        more = cursor_of(rows[-1].key) if len(rows) == limit else None
        return Page([views.image(desk, row) for row in rows], more)

    @get("/{id_:str}", operation_id="getImage", summary="One picture")
    async def one(self, desk: TheDesk, id_: FromPath[Id]) -> Image:
        return views.image(desk, _found(desk, id_))

    @get("/{id_:str}/file", operation_id="getImageFile", summary="The picture itself, a PNG", media_type="image/png")
    async def file(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[Id]) -> File:
        row = _found(desk, id_)
        path = desk.media.image_path(row.id)
        there = path.is_file()
        if there == row.missing:
            with contextlib.suppress(Fault):  # a full disk keeps nobody from looking
                await desk.notice_file(origin, row.id, there=there)
        if not there:
            raise NotFound(
                "image_missing",
                f"The file of this picture is no longer at {path}.",
                "Put it back there, or make the picture again from its recipe.",
            )
        return _file(path, "image/png")

    @get("/{id_:str}/thumbnail", operation_id="getImageThumbnail", summary="A small WebP", media_type="image/webp")
    async def thumbnail(self, desk: TheDesk, id_: FromPath[Id]) -> File:
        path = desk.media.thumbnail_path(_found(desk, id_).id)
        if not path.is_file():
            raise NotFound(
                "thumbnail_not_ready", "The thumbnail of this picture is not made yet.", "Show the picture itself."
            )
        return _file(path, "image/webp")


def _found(desk: Desk, id_: str) -> ImageRow:
    if row := gallery.by_id(desk.read_models, id_):
        return row
    raise NotFound("no_such_image", f"There is no picture {id_!r}.", "See the list of pictures.")


def _file(path: Path, media_type: str) -> File:
    return File(path, media_type=media_type, content_disposition_type="inline", headers=_NEVER_CHANGES)
