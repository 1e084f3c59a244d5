"""The ASGI application: routes, errors, the page, and the guard in front of all."""

from pathlib import Path

from litestar import Litestar
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.types import ASGIApp

from ddesk.app.desk import Desk
from ddesk.server.context import provide_desk, provide_origin
from ddesk.server.guard import Guard
from ddesk.server.live import live
from ddesk.server.openapi import schema_route
from ddesk.server.page import page_routes
from ddesk.server.problems import HANDLERS
from ddesk.server.routes.events import Events
from ddesk.server.routes.generations import Generations
from ddesk.server.routes.images import Images
from ddesk.server.routes.queue import QueueRoutes
from ddesk.server.routes.session import SessionRoutes
from ddesk.server.routes.settings import SettingsRoutes
from ddesk.server.routes.system import system
from ddesk.server.sessions import Sessions

_MAX_BODY_BYTES = 4 << 20
_ROUTES = (Generations, QueueRoutes, Images, Events, SettingsRoutes, SessionRoutes, system, live, schema_route)


def routes(version: str, page: Path) -> Litestar:
    """All routes, with no desk behind them yet. `page` is the folder of the built page."""
    return Litestar(
        route_handlers=[*_ROUTES, *page_routes(page)],
        dependencies={
            "desk": Provide(provide_desk, sync_to_thread=False),
            "origin": Provide(provide_origin, sync_to_thread=False),
        },
        exception_handlers=HANDLERS,
        openapi_config=OpenAPIConfig(title="DiffusionDesk", version=version, path="/openapi"),
        request_max_body_size=_MAX_BODY_BYTES,
        logging_config=None,
    )


def create_application(desk: Desk, sessions: Sessions, url: str, hosts: frozenset[str], page: Path) -> ASGIApp:
    """The desk on HTTP. `hosts` are the names, with port, by which it may be called."""
    application = routes(desk.version, page)
    application.state.desk = desk
    application.state.sessions = sessions
    application.state.url = url
    return Guard(application, sessions, hosts)
