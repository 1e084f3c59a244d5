"""`/api/backups`: copies of the log."""

from litestar import Controller, get, post
from litestar.params import JSONBody

from ddesk.projections import jobs
from ddesk.server import system_views
from ddesk.server.context import TheDesk, TheOrigin
from ddesk.server.schemas import Page
from ddesk.server.system_schemas import Backup, BackupRequest, Job


class BackupRoutes(Controller):
    path = "/api/backups"
    tags = ("System",)

    @get(operation_id="listBackups", summary="Backups of the log, newest first")
    async def all(self, desk: TheDesk) -> Page[Backup]:
        return Page([system_views.backup(folder, made) for folder, made in desk.backups.known()], None)

    @post(status_code=202, operation_id="requestBackup", summary="Have the log backed up; pictures are not copied")
    async def request(self, desk: TheDesk, origin: TheOrigin, data: JSONBody[BackupRequest]) -> Job:
        id_ = await desk.backups.ask(origin, data.folder)
        row = jobs.by_id(desk.read_models, id_)
        assert row is not None
        return system_views.job(row)
