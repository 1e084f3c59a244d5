"""How the desk is: `/api/system`, `/api/jobs`, `/api/choices` and `/internal/health`."""

from datetime import UTC, datetime
from typing import Annotated

from litestar import Controller, Response, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from ddesk import paths
from ddesk.app import support
from ddesk.app.desk import Desk
from ddesk.domain.recipe import MAX_BATCH, MAX_CFG, MAX_SIZE, MAX_STEPS, MIN_SIZE
from ddesk.errors import NotFound
from ddesk.projections import jobs
from ddesk.server import system_views
from ddesk.server.context import Cursor, Limit, TheDesk, TheReading, both, cursor_of, key_of
from ddesk.server.generation_schemas import Choice, Choices
from ddesk.server.memory_schemas import Unloading
from ddesk.server.schemas import Page
from ddesk.server.system_schemas import Crash, Health, Job, JobStatus, System, Worker
from ddesk.store import crash_reports


class SystemRoutes(Controller):
    path = "/api/system"
    tags = ("System",)

    @get(operation_id="getSystem", summary="Workers, memory, read models")
    async def now(self, desk: TheDesk) -> System:
        return system_views.system(desk)

    @get("/crash", operation_id="getCrash", summary="How the last desk ended that did not end in order")
    async def crash(self, desk: TheDesk) -> Crash | None:
        return system_views.crash(desk)

    @post("/crash/dismiss", status_code=200, operation_id="dismissCrash", summary="Speak of it no more")
    async def dismiss_crash(self, desk: TheDesk) -> Crash | None:
        crash_reports.dismiss(desk.data.logs)
        return system_views.crash(desk)

    @get("/bundle", operation_id="getSupportBundle", summary="A zip for who helps", media_type="application/zip")
    async def bundle(self, desk: TheDesk) -> Response[bytes]:
        name = f"ddesk-support-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip"
        content = await support.bundle(paths.program(), desk.data.root)
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        return Response(content, media_type="application/zip", headers=headers)

    @post("/workers/{kind:str}/unload", status_code=200, operation_id="unloadModel", summary="Let its model go")
    async def unload(self, desk: TheDesk, kind: FromPath[str], data: JSONBody[Unloading]) -> Worker:
        await desk.unload_worker(kind, data.depth)
        return next(system_views.worker(each) for each in desk.supervisor.status() if each.worker == kind)

    @post("/loading/cancel", status_code=200, operation_id="cancelLoading", summary="Load no model after all")
    async def cancel_loading(self, desk: TheDesk) -> System:
        desk.warming.cancel()
        return system_views.system(desk)

    @post("/workers/{kind:str}/restart", status_code=200, operation_id="restartWorker", summary="Start it anew")
    async def restart(self, desk: TheDesk, kind: FromPath[str]) -> Worker:
        desk.restart_worker(kind)
        return next(system_views.worker(each) for each in desk.supervisor.status() if each.worker == kind)


@get("/jobs", operation_id=both("listJobs"), summary="Background jobs, newest first", tags=["System"])
async def list_jobs(
    reading: TheReading,
    status: Annotated[JobStatus | None, QueryParameter(description="Only those in this state.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Job]:
    rows = jobs.page(reading.read_models, before=key_of(cursor), status=status, limit=limit)
    more = cursor_of(rows[-1].position) if len(rows) == limit else None
    return Page([system_views.job(row) for row in rows], more)


@get("/api/choices", operation_id="getChoices", summary="What the form may offer", tags=["Presets"])
async def choices(desk: TheDesk) -> Choices:
    return Choices(
        samplers=[Choice(each.id, each.name) for each in desk.choices.samplers],
        sigma_schedules=[Choice(each.id, each.name) for each in desk.choices.sigma_schedules],
        min_size=MIN_SIZE,
        max_size=MAX_SIZE,
        max_steps=MAX_STEPS,
        max_batch=MAX_BATCH,
        max_cfg=MAX_CFG,
    )


@get("/internal/health", operation_id="getHealth", summary="How the desk is", tags=["Health"])
async def desk_health(desk: TheDesk) -> Health:
    return _health(desk, "desk")


@get("/internal/health/{service:str}", operation_id="getServiceHealth", summary="How a part of it is", tags=["Health"])
async def service_health(desk: TheDesk, service: FromPath[str]) -> Health:
    return _health(desk, service)


def _health(desk: Desk, service: str) -> Health:
    if found := system_views.health(desk, service):
        return found
    raise NotFound("no_such_service", f"There is no service named {service!r}.", "See /api/system for their names.")


system = Router(
    "/",
    route_handlers=[SystemRoutes, choices, desk_health, service_health],
)
