"""From the desk's own structures to those that the API gives."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from ddesk.app.desk import Desk
from ddesk.app.foresight import Outlook
from ddesk.app.reading import Reading
from ddesk.domain.commitments import outstanding
from ddesk.domain.residents import Resident
from ddesk.events.codec import UnknownEvent
from ddesk.events.envelope import Recorded
from ddesk.events.generation import GenerationRequested
from ddesk.events.generation import Recipe as StoredRecipe
from ddesk.projections import gallery, generations, presets
from ddesk.projections.gallery import ImageRow
from ddesk.projections.generations import GenerationRow
from ddesk.projections.jobs import JobRow
from ddesk.protocol.messages import MemoryReport
from ddesk.server import generation_schemas, image_schemas, memory_schemas, schemas, system_schemas, timeline_schemas
from ddesk.store import crash_reports
from ddesk.store.backup import Backup
from ddesk.supervision.notices import WorkerStatus

_MIB = 1 << 20


def iso(unix_us: int) -> str:
    return datetime.fromtimestamp(unix_us / 1e6, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_or_none(unix_us: int | None) -> str | None:
    return None if unix_us is None else iso(unix_us)


def recipe(stored: StoredRecipe, prompt: str, negative_prompt: str) -> generation_schemas.Recipe:
    return generation_schemas.Recipe(
        prompt=prompt,
        negative_prompt=negative_prompt,
        preset=stored.preset_id,
        preset_name=stored.preset_name,
        sampler=stored.sampler,
        sigma_schedule=stored.sigma_schedule,
        steps=stored.steps,
        cfg=stored.cfg,
        guidance=stored.guidance,
        seed=stored.seed,
        width=stored.width,
        height=stored.height,
        batch=stored.batch,
    )


def generation(row: GenerationRow) -> generation_schemas.Generation:
    return generation_schemas.Generation(
        id=row.id,
        status=row.status,  # type: ignore[arg-type]  # the projection writes no other
        recipe=recipe(row.recipe, row.prompt, row.negative_prompt),
        images=row.images,
        requested_at=iso(row.requested_at),
        started_at=iso_or_none(row.started_at),
        ended_at=iso_or_none(row.ended_at),
        attempts=row.attempts,
        failure=_failure(row.code, row.words),
    )


def _failure(code: str | None, words: str | None) -> generation_schemas.Failure | None:
    return None if code is None else generation_schemas.Failure(code=code, words=words or "")


def image(reading: Reading, row: ImageRow) -> image_schemas.Image:
    address = f"/api/images/{row.id}"
    return image_schemas.Image(
        id=row.id,
        generation=row.generation_id,
        index=row.index,
        seed=row.seed,
        width=row.width,
        height=row.height,
        made_at=iso(row.made_at),
        file_size=row.file_size,
        pixels_sha256=row.pixels_sha256,
        rating=row.rating,
        favorite=row.favorite,
        tags=gallery.tags_of(reading.read_models, row.key),
        trashed=row.trashed,
        missing=not reading.has_file(row),
        file=f"{address}/file",
        thumbnail=f"{address}/thumbnail" if row.thumbnail else None,
        recipe=_recipe_of(reading, row.generation_id),
    )


def _recipe_of(reading: Reading, generation_id: str) -> generation_schemas.Recipe:
    """By the read model, or by the log itself where that is stalled."""
    if row := generations.by_id(reading.read_models, generation_id):
        return recipe(row.recipe, row.prompt, row.negative_prompt)
    requested = reading.reader.stream(generations.PREFIX + generation_id)[0].event
    assert isinstance(requested, GenerationRequested)
    return recipe(requested.recipe, requested.prompt, requested.negative_prompt)


def job(row: JobRow) -> system_schemas.Job:
    return system_schemas.Job(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        total=row.total,
        done=row.done,
        status=row.status,  # type: ignore[arg-type]  # the projection writes no other
        attempts=row.attempts,
        enqueued_at=iso(row.enqueued_at),
        ended_at=iso_or_none(row.ended_at),
        failure=_failure(row.code, row.words),
    )


def backup(folder: Path, made: Backup) -> system_schemas.Backup:
    return system_schemas.Backup(
        name=made.name,
        folder=str(folder),
        position=made.position,
        hash=made.hash,
        made_at=iso(made.made_at),
        program=made.program,
        size=made.size,
    )


def forgotten(desk: Desk, positions: Sequence[int]) -> schemas.Forgotten:
    return schemas.Forgotten(events=len(positions), backups=[str(path) for path in desk.backups.holding(positions)])


def estimate(found: Outlook) -> memory_schemas.Estimate:
    plan, need = found.plan, found.plan.need
    return memory_schemas.Estimate(
        device=plan.device,
        total_mb=round(plan.total_mb, 1),
        available_mb=round(max(plan.available.device_mb, 0.0), 1),
        peak_mb=round(plan.usage.device_mb - plan.margin_mb, 1),
        process_mb=round(need.process_mb, 1),
        weights_mb={name: round(mb, 1) for name, mb in need.weights_mb.items()},
        context_mb=round(need.context_mb, 1),
        compute_mb={phase.name: round(phase.compute_mb, 1) for phase in need.phases},
        safety_mb=round(plan.margin_mb, 1),
        known=need.known,
        measured=found.measured,
        fits=plan.fits,
        gives=[
            memory_schemas.Giving(each.rung, each.owner, round(each.saving.device_mb, 1), round(each.cost_seconds, 1))
            for each in plan.steps
            if each.verdict == "taken"
        ],
        would_fit=plan.would_fit.name if plan.would_fit else None,
    )


def event(recorded: Recorded) -> timeline_schemas.RecordedEvent:
    return timeline_schemas.RecordedEvent(
        position=recorded.position,
        type=recorded.type,
        schema=recorded.schema,
        stream=recorded.stream,
        version=recorded.version,
        actor=recorded.actor,
        recorded_at=iso(recorded.recorded_at),
        command_id=recorded.command_id,
        correlation_id=recorded.correlation_id,
        causation=recorded.causation,
        data=_fields(recorded),
    )


def _fields(recorded: Recorded) -> dict[str, Any]:
    if isinstance(recorded.event, UnknownEvent):
        return {"unknown": recorded.event.data}
    fields: dict[str, Any] = msgspec.to_builtins(recorded.event)
    del fields["type"]
    return fields


def as_of(desk: Desk, position: int, building: timeline_schemas.Building | None = None) -> timeline_schemas.AsOf:
    last = next(desk.reader.read(position - 1, position), None)
    return timeline_schemas.AsOf(
        position=position,
        head=desk.reader.head().position,
        recorded_at=iso(last.recorded_at) if last else None,
        type=last.type if last else None,
        building=building,
    )


def worker(status: WorkerStatus) -> system_schemas.Worker:
    return system_schemas.Worker(
        kind=status.kind,
        pid=status.pid,
        state=status.state,
        restarts=status.restarts,
        engine=status.engine,
        engine_version=status.engine_version,
        backend=status.backend,
        model_loaded=status.model_loaded,
        memory=_report(status.memory) if status.memory else None,
        problem=status.problem,
        log_tail=status.log_tail,
    )


def _report(found: MemoryReport) -> memory_schemas.Memory:
    return memory_schemas.Memory(
        device=found.device,
        allocated_mb=found.allocated_mb,
        free_mb=found.free_mb,
        total_mb=found.total_mb,
        rss_mb=found.rss_mb,
    )


def memory(desk: Desk) -> memory_schemas.DeviceMemory:
    found, snapshot = desk.planner.machine.memory(), desk.planner.snapshot()
    committed = sum(outstanding(each, found.device).device_mb for each in snapshot.commitments)
    return memory_schemas.DeviceMemory(
        device=found.device,
        allocated_mb=found.allocated_mb,
        free_mb=found.free_mb,
        total_mb=found.total_mb,
        rss_mb=found.desk_mb,
        committed_mb=round(min(committed, found.free_mb), 1),
        simulated=desk.planner.machine.is_simulated,
        owners=[_holder(desk, each) for each in snapshot.residents],
    )


def _holder(desk: Desk, held: Resident) -> memory_schemas.Holder:
    row = presets.by_id(desk.read_models, held.preset_id) if held.preset_id else None
    return memory_schemas.Holder(
        owner=held.owner,
        preset_id=held.preset_id or None,
        preset=row.content.name if row else None,
        mb=round(held.mb, 1),
        ram_mb=round(held.ram_mb, 1),
        soft_mb=round(held.soft_mb, 1),
        process_mb=round(held.process_mb, 1),
        busy=held.busy,
        mitigations=list(held.mitigations),
    )


def system(desk: Desk) -> system_schemas.System:
    statuses, found = desk.supervisor.status(), memory(desk)
    return system_schemas.System(
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


def crash(desk: Desk) -> system_schemas.Crash | None:
    found = crash_reports.latest(desk.data.logs)
    if found is None:
        return None
    return system_schemas.Crash(
        at=iso(int(found.at.timestamp() * 1e6)),
        kind=found.kind,
        ended=found.ended,
        words=found.words,
        report=found.report,
        dismissed=found.dismissed,
    )


def _projections(desk: Desk) -> list[system_schemas.Projection]:
    """What follows the log: the read models, the reactors after them, and what else a desk does all the time."""
    models = [
        system_schemas.Projection(name=each.name, version=each.version, position=each.position, stalled=each.stalled)
        for each in desk.progress()
    ]
    reactors = [
        system_schemas.Projection(name=each.duty.name, version=1, position=each.position, stalled=each.duty.stalled)
        for each in desk.reactors
    ]
    duties = [
        system_schemas.Projection(name=each.name, version=1, position=desk.feed.position, stalled=each.stalled)
        for each in desk.duties
    ]
    return models + reactors + duties


def health(desk: Desk, service: str) -> system_schemas.Health | None:
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


def _desk_health(desk: Desk, statuses: list[WorkerStatus]) -> system_schemas.Health:
    found = desk.planner.machine.memory()
    return system_schemas.Health(
        ok=all(each.stalled is None for each in _projections(desk)),
        service="desk",
        version=desk.version,
        model_loaded=next((each.model_loaded for each in statuses if each.model_loaded), None),
        vram_allocated_mb=found.allocated_mb,
        vram_free_mb=found.free_mb,
    )


def _worker_health(status: WorkerStatus) -> system_schemas.Health:
    up = status.state not in ("down", "quarantined", "starting")
    memory_ = status.memory
    return system_schemas.Health(
        ok=up,
        service=status.worker,
        version=status.engine_version,
        model_loaded=status.model_loaded,
        vram_allocated_mb=memory_.allocated_mb if memory_ else 0.0,
        vram_free_mb=memory_.free_mb if memory_ else 0.0,
    )


def _health(ok: bool, service: str, version: str) -> system_schemas.Health:
    return system_schemas.Health(
        ok=ok, service=service, version=version, model_loaded=None, vram_allocated_mb=0.0, vram_free_mb=0.0
    )
