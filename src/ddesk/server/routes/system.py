"""How the desk is: `/api/system`, `/api/jobs`, `/api/presets`, `/api/choices` and `/internal/health`."""

from typing import Annotated

from litestar import Controller, Router, get, post
from litestar.params import FromPath, QueryParameter

from ddesk.app.desk import Desk
from ddesk.domain.recipe import MAX_BATCH, MAX_CFG, MAX_SIZE, MAX_STEPS, MIN_SIZE
from ddesk.errors import NotFound
from ddesk.projections import jobs, presets
from ddesk.server import views
from ddesk.server.context import Cursor, Limit, TheDesk, cursor_of, key_of
from ddesk.server.schemas import Choice, Choices, Health, ImagePreset, Job, JobStatus, Page, System, Worker


class SystemRoutes(Controller):
    path = "/api/system"
    tags = ("System",)

    @get(operation_id="getSystem", summary="Workers, memory, read models")
    async def now(self, desk: TheDesk) -> System:
        return views.system(desk)

    @post("/workers/{kind:str}/restart", status_code=200, operation_id="restartWorker", summary="Start it anew")
    async def restart(self, desk: TheDesk, kind: FromPath[str]) -> Worker:
        desk.restart_worker(kind)
        return next(views.worker(each) for each in desk.supervisor.status() if each.worker == kind)


@get("/api/jobs", operation_id="listJobs", summary="Background jobs, newest first", tags=["System"])
async def list_jobs(
    desk: TheDesk,
    status: Annotated[JobStatus | None, QueryParameter(description="Only those in this state.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Job]:
    rows = jobs.page(desk.read_models, before=key_of(cursor), status=status, limit=limit)
    more = cursor_of(rows[-1].position) if len(rows) == limit else None
    return Page([views.job(row) for row in rows], more)


@get("/api/presets/image", operation_id="listImagePresets", summary="What pictures can be made with", tags=["Presets"])
async def list_image_presets(desk: TheDesk) -> Page[ImagePreset]:
    return Page([views.preset(desk, row) for row in presets.every(desk.read_models)], None)


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
    if found := views.health(desk, service):
        return found
    raise NotFound("no_such_service", f"There is no service named {service!r}.", "See /api/system for their names.")


system = Router(
    "/",
    route_handlers=[SystemRoutes, list_jobs, list_image_presets, choices, desk_health, service_health],
)
