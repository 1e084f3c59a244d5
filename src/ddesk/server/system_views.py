"""From the desk's own state to what the API gives of it: jobs, workers, backups, crashes, health."""

from pathlib import Path

from ddesk.app.desk import Desk
from ddesk.projections.jobs import JobRow
from ddesk.server import memory_views
from ddesk.server.system_schemas import Backup, Crash, Health, Job, Projection, System, Worker
from ddesk.server.views import failure, iso, iso_or_none
from ddesk.store import crash_reports
from ddesk.store.backup import Backup as StoredBackup
from ddesk.supervision.notices import WorkerStatus

_MIB = 1 << 20


def job(row: JobRow) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        total=row.total,
        done=row.done,
        status=row.status,  # type: ignore[arg-type]  # the projection writes no other
        attempts=row.attempts,
        enqueued_at=iso(row.enqueued_at),
        ended_at=iso_or_none(row.ended_at),
        failure=failure(row.code, row.words),
    )


def backup(folder: Path, made: StoredBackup) -> Backup:
    return Backup(
        name=made.name,
        folder=str(folder),
        position=made.position,
        hash=made.hash,
        made_at=iso(made.made_at),
        program=made.program,
        size=made.size,
    )


def system(desk: Desk) -> System:
    statuses, found = desk.supervisor.status(), memory_views.of_device(desk)
    return System(
        version=desk.version,
        data_dir=str(desk.data.root),
        started_at=iso(desk.started_at),
        log_position=desk.reader.head().position,
        pages=desk.attendance.pages,
        desk_mb=found.rss_mb,
        memory=found,
        workers=[worker(each) for each in statuses],
        projections=[*_projections(desk)],
        wal_mb=round(desk.wal_bytes() / _MIB, 2),
    )


def worker(status: WorkerStatus) -> Worker:
    return Worker(
        kind=status.kind,
        pid=status.pid,
        state=status.state,
        restarts=status.restarts,
        engine=status.engine,
        engine_version=status.engine_version,
        backend=status.backend,
        model_loaded=status.model_loaded,
        memory=memory_views.report(status.memory) if status.memory else None,
        problem=status.problem,
        log_tail=status.log_tail,
    )


def crash(desk: Desk) -> Crash | None:
    found = crash_reports.latest(desk.data.logs)
    if found is None:
        return None
    return Crash(
        at=iso(int(found.at.timestamp() * 1e6)),
        kind=found.kind,
        ended=found.ended,
        words=found.words,
        report=found.report,
        dismissed=found.dismissed,
    )


def _projections(desk: Desk) -> list[Projection]:
    """What follows the log: the read models, the reactors after them, and what else a desk does all the time."""
    models = [
        Projection(name=each.name, version=each.version, position=each.position, stalled=each.stalled)
        for each in desk.progress()
    ]
    reactors = [
        Projection(name=each.duty.name, version=1, position=each.position, stalled=each.duty.stalled)
        for each in desk.reactors
    ]
    duties = [
        Projection(name=each.name, version=1, position=desk.feed.position, stalled=each.stalled) for each in desk.duties
    ]
    return models + reactors + duties


def health(desk: Desk, service: str) -> Health | None:
    """The same six facts for the desk, each worker, and each projection; None for an unknown service."""
    statuses = desk.supervisor.status()
    if service == "desk":
        return _desk_health(desk, statuses)
    for status in statuses:
        if status.worker == service:
            return _worker_health(status)
    for each in _projections(desk):
        if each.name == service:
            return _health(each.stalled is None, service, str(each.version))
    return None


def _desk_health(desk: Desk, statuses: list[WorkerStatus]) -> Health:
    found = desk.planner.machine.memory()
    return Health(
        ok=all(each.stalled is None for each in _projections(desk)),
        service="desk",
        version=desk.version,
        model_loaded=next((each.model_loaded for each in statuses if each.model_loaded), None),
        vram_allocated_mb=found.allocated_mb,
        vram_free_mb=found.free_mb,
    )


def _worker_health(status: WorkerStatus) -> Health:
    up = status.state not in ("down", "quarantined", "starting")
    memory_ = status.memory
    return Health(
        ok=up,
        service=status.worker,
        version=status.engine_version,
        model_loaded=status.model_loaded,
        vram_allocated_mb=memory_.allocated_mb if memory_ else 0.0,
        vram_free_mb=memory_.free_mb if memory_ else 0.0,
    )


def _health(ok: bool, service: str, version: str) -> Health:
    return Health(ok=ok, service=service, version=version, model_loaded=None, vram_allocated_mb=0.0, vram_free_mb=0.0)
