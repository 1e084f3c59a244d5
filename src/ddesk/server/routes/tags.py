"""`/api/tags`: the tags that pictures have."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from ddesk.projections import gallery
from ddesk.server.context import Cursor, Limit, TheDesk, cursor_of, key_of
from ddesk.server.image_schemas import Tag
from ddesk.server.schemas import Page


@get("/api/tags", operation_id="listTags", summary="Tags by how often they are used", tags=["Images"])
async def list_tags(
    desk: TheDesk,
    prefix: Annotated[str, QueryParameter(max_length=100, description="Only those that begin with it.")] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Tag]:
    skip = key_of(cursor) or 0
    wanted = " ".join(prefix.casefold().split())
    rows = gallery.tags(desk.read_models, prefix=wanted, skip=skip, limit=limit)
    more = cursor_of(skip + limit) if len(rows) == limit else None
    return Page([Tag(row.name, row.count) for row in rows], more)
