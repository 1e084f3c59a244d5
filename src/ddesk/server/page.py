"""The page itself: built files, and the one document that all of its addresses begin with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from litestar import Response, Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import File
from litestar.static_files import create_static_files_router
from litestar.utils import normalize_path

from ddesk.errors import Fault, NotFound
from ddesk.server.guard import PRIVATE

_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
_ASK_FIRST = {"cache-control": "no-cache"}


def page_routes(folder: Path) -> Sequence[Router | HTTPRouteHandler]:
    """`/assets` holds files named by their content; every other address that is no API's shows the page."""
    assets = folder / "assets"

    @get(["/", "/{address:path}"], include_in_schema=False, sync_to_thread=False)
    def document(address: FromPath[str] = "/") -> File:
        if f"{normalize_path(address)}/".startswith(PRIVATE):
            raise NotFound("no_such_address", f"There is nothing at {address}.", "See /schema for what can be asked.")
        found = _file(folder, address)
        return File(found, filename=found.name, content_disposition_type="inline", headers=_ASK_FIRST)

    if not assets.is_dir():
        return [document]
    return [create_static_files_router("/assets", [assets], after_request=_kept), document]


def _kept(response: Response[Any]) -> Response[Any]:
    response.headers.update(_FOREVER)
    return response


def _file(folder: Path, address: str) -> Path:
    """The file of that name right in the folder, such as the icon; else the page."""
    name = address.strip("/")
    own = folder / name
    if name and "/" not in name and "\\" not in name and not name.startswith(".") and own.is_file():
        return own
    if not (document := folder / "index.html").is_file():
        raise Fault("page_not_built", "The page was not built.", "Install the desk again, or run `uv sync`.")
    return document
