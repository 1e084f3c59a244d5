"""`/api/images`: the pictures that were made."""

import contextlib
from pathlib import Path
from typing import Annotated

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import File

from ddesk.app.desk import Desk
from ddesk.app.reading import Reading
from ddesk.domain.image import Action, normal
from ddesk.errors import Fault, Invalid, NotFound
from ddesk.events.envelope import Origin
from ddesk.projections import gallery
from ddesk.projections.gallery import Filter, ImageRow
from ddesk.server import views
from ddesk.server.context import Cursor, Limit, TheDesk, TheOrigin, TheReading, both, cursor_of, key_of
from ddesk.server.image_schemas import BulkChange, BulkChanged, Image, Purge, Rating, TagChange
from ddesk.server.schemas import Forgotten, Id, Page

_NEVER_CHANGES = {"cache-control": "private, max-age=31536000, immutable"}


class ImageQueries(Controller):
    path = "/images"
    tags = ("Images",)

    @get(operation_id=both("listImages"), summary="All pictures, newest first")
    async def all(
        self,
        reading: TheReading,
        tag: Annotated[list[str] | None, QueryParameter(description="All of these.")] = None,
        min_rating: Annotated[int, QueryParameter(ge=0, le=5)] = 0,
        favorite: FromQuery[bool] = False,
        trashed: Annotated[bool, QueryParameter(description="Those in the trash instead.")] = False,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[Image]:
        wanted = Filter(tags=normal(tag or ()), min_rating=min_rating, favorite=favorite, trashed=trashed)
        rows = gallery.page(reading.read_models, before=key_of(cursor), limit=limit, wanted=wanted)
        more = cursor_of(rows[-1].key) if len(rows) == limit else None
        return Page([views.image(reading, row) for row in rows], more)

    @get("/{id_:str}", operation_id=both("getImage"), summary="One picture")
    async def one(self, reading: TheReading, id_: FromPath[Id]) -> Image:
        return views.image(reading, _found(reading, id_))


class Images(ImageQueries):
    path = "/api/images"

    @post("/bulk", status_code=200, operation_id="changeImages", summary="Do something with many pictures")
    async def bulk(self, desk: TheDesk, origin: TheOrigin, data: JSONBody[BulkChange]) -> BulkChanged:
        if data.forget:
            return await _forgotten(desk, origin, data)
        tags = tuple(data.tags or ())
        return BulkChanged(await desk.change_images(origin, data.images, data.action, data.rating, tags))

    @post("/{id_:str}/rate", status_code=200, operation_id="rateImage", summary="Give it stars")
    async def rate(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[Id], data: JSONBody[Rating]) -> Image:
        return await _changed(desk, origin, id_, "rate", rating=data.rating)

    @post("/{id_:str}/favorite", status_code=200, operation_id="favoriteImage", summary="Make it a favourite")
    async def favorite(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[Id]) -> Image:
        return await _changed(desk, origin, id_, "favorite")

    @post("/{id_:str}/unfavorite", status_code=200, operation_id="unfavoriteImage", summary="A favourite no more")
    async def unfavorite(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[Id]) -> Image:
        return await _changed(desk, origin, id_, "unfavorite")

    @post("/{id_:str}/tags", status_code=200, operation_id="tagImage", summary="Add and remove tags")
    async def tag(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[Id], data: JSONBody[TagChange]) -> Image:
        await desk.tag_image(origin, id_, tuple(data.add or ()), tuple(data.remove or ()))
        return views.image(desk, _found(desk, id_))

    @post("/{id_:str}/trash", status_code=200, operation_id="trashImage", summary="Put it into the trash")
    async def trash(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[Id]) -> Image:
        return await _changed(desk, origin, id_, "trash")

    @post("/{id_:str}/restore", status_code=200, operation_id="restoreImage", summary="Take it out of the trash")
    async def restore(self, desk: TheDesk, origin: TheOrigin, id_: FromPath[Id]) -> Image:
        return await _changed(desk, origin, id_, "restore")

    @post("/{id_:str}/purge", status_code=200, operation_id="purgeImage", summary="Remove it from the trash, for good")
    async def purge(
        self, desk: TheDesk, origin: TheOrigin, id_: FromPath[Id], data: JSONBody[Purge | None] = None
    ) -> Forgotten:
        if data is None or not data.forget:
            await desk.change_images(origin, [id_], "purge")
            return Forgotten()
        _, positions = await desk.forget_images(origin, [id_])
        return views.forgotten(desk, positions)

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


async def _changed(desk: Desk, origin: Origin, id_: str, action: Action, rating: int = 0) -> Image:
    await desk.change_images(origin, [id_], action, rating)
    return views.image(desk, _found(desk, id_))


async def _forgotten(desk: Desk, origin: Origin, data: BulkChange) -> BulkChanged:
    if data.action != "purge":
        raise Invalid("nothing_to_forget", f"To {data.action} forgets nothing.", "Leave out `forget`, or purge.")
    job, positions = await desk.forget_images(origin, data.images)
    return BulkChanged(job, views.forgotten(desk, positions))


def _found(reading: Reading, id_: str) -> ImageRow:
    if row := gallery.by_id(reading.read_models, id_):
        return row
    raise NotFound("no_such_image", f"There is no picture {id_!r}.", "See the list of pictures.")


def _file(path: Path, media_type: str) -> File:
    return File(path, media_type=media_type, content_disposition_type="inline", headers=_NEVER_CHANGES)
