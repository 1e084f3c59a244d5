"""The API's own description: what Litestar knows of the routes, and the live messages that it can't know of."""

from typing import Any, get_args

import msgspec
from litestar import Litestar, Request, get

from ddesk.server.live_schemas import LiveMessage
from ddesk.server.schemas import Problem

_REF = "#/components/schemas/{name}"


def document(app: Litestar) -> dict[str, Any]:
    """The OpenAPI document, as plain data."""
    described: dict[str, Any] = app.openapi_schema.to_schema()
    components = described.setdefault("components", {}).setdefault("schemas", {})
    _, extra = msgspec.json.schema_components([*get_args(LiveMessage), Problem], ref_template=_REF)
    for name, schema in extra.items():
        components.setdefault(name, schema)
    return described


@get("/schema", include_in_schema=False)
async def schema_route(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return document(request.app)
