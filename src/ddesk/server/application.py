"""The ASGI application: routes, errors, the page, and the guard in front of all."""

from pathlib import Path

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.types import ASGIApp

from ddesk.app.desk import Desk
from ddesk.server.context import provide_as_of, provide_desk, provide_now, provide_origin
from ddesk.server.guard import Guard
from ddesk.server.live import live
from ddesk.server.openapi import schema_route
from ddesk.server.page import page_routes
from ddesk.server.problems import HANDLERS
from ddesk.server.routes.as_of import TimeTravel, stream_state
from ddesk.server.routes.backups import BackupRoutes
from ddesk.server.routes.catalogue import CatalogueRoutes
from ddesk.server.routes.events import Events
from ddesk.server.routes.generations import GenerationQueries, Generations
from ddesk.server.routes.images import ImageQueries, Images
from ddesk.server.routes.language_presets import LanguagePresetQueries, LanguagePresets
from ddesk.server.routes.memory import MemoryQueries
from ddesk.server.routes.models import ModelRoutes
from ddesk.server.routes.presets import ImagePresets, PresetQueries
from ddesk.server.routes.queue import QueueQuery, QueueRoutes
from ddesk.server.routes.reruns import Reruns
from ddesk.server.routes.session import SessionRoutes
from ddesk.server.routes.settings import SettingsQuery, SettingsRoutes
from ddesk.server.routes.system import list_jobs, system
from ddesk.server.routes.tags import list_tags
from ddesk.server.routes.timeline import TimelineRoutes, event_story
from ddesk.server.routes.trash import TrashRoutes
from ddesk.server.routes.undo import UndoRoutes
from ddesk.server.sessions import Sessions

_MAX_BODY_BYTES = 4 << 20
_QUERIES = (
    GenerationQueries,
    QueueQuery,
    ImageQueries,
    PresetQueries,
    LanguagePresetQueries,
    Events,
    SettingsQuery,
    MemoryQueries,
    list_jobs,
)
"""What can be asked of the desk as it is, and as it was."""
_ROUTES = (
    Router("/api/as-of/{position:int}", route_handlers=_QUERIES, dependencies={"reading": Provide(provide_as_of)}),
    Router("/api", route_handlers=(Events, MemoryQueries, list_jobs)),
    Generations,
    QueueRoutes,
    Images,
    ImagePresets,
    LanguagePresets,
    ModelRoutes,
    CatalogueRoutes,
    list_tags,
    TrashRoutes,
    UndoRoutes,
    Reruns,
    event_story,
    TimelineRoutes,
    SettingsRoutes,
    TimeTravel,
    stream_state,
    SessionRoutes,
    BackupRoutes,
    system,
    live,
    schema_route,
)


def routes(version: str, page: Path) -> Litestar:
    """All routes, with no desk behind them yet. `page` is the folder of the built page."""
    return Litestar(
        route_handlers=[*_ROUTES, *page_routes(page)],
        dependencies={
            "desk": Provide(provide_desk, sync_to_thread=False),
            "reading": Provide(provide_now, sync_to_thread=False),
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
