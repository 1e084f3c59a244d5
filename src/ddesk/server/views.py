"""From the desk's own structures to those that the API gives."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from ddesk.app.desk import Desk
from ddesk.app.memory import DeviceMemory, device_memory
from ddesk.events.codec import UnknownEvent
from ddesk.events.envelope import Recorded
from ddesk.events.generation import GenerationRequested
from ddesk.events.generation import Recipe as StoredRecipe
from ddesk.projections import generations
from ddesk.projections.gallery import ImageRow
from ddesk.projections.generations import GenerationRow
from ddesk.projections.jobs import JobRow
from ddesk.projections.presets import PresetRow
from ddesk.protocol.messages import MemoryReport
from ddesk.server import schemas
from ddesk.supervision.notices import WorkerStatus

_MIB = 1 << 20


def iso(unix_us: int) -> str:
    return datetime.fromtimestamp(unix_us / 1e6, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_or_none(unix_us: int | None) -> str | None:
    return None if unix_us is None else iso(unix_us)


def recipe(stored: StoredRecipe, prompt: str, negative_prompt: str) -> schemas.Recipe:
    return schemas.Recipe(
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


def generation(row: GenerationRow) -> schemas.Generation:
    return schemas.Generation(
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


def _failure(code: str | None, words: str | None) -> schemas.Failure | None:
    return None if code is None else schemas.Failure(code=code, words=words or "")


def image(desk: Desk, row: ImageRow) -> schemas.Image:
    address = f"/api/images/{row.id}"
    return schemas.Image(
        id=row.id,
        generation=row.generation_id,
        index=row.index,
        seed=row.seed,
        width=row.width,
        height=row.height,
        made_at=iso(row.made_at),
        file_size=row.file_size,
        pixels_sha256=row.pixels_sha256,
        missing=row.missing,
        file=f"{address}/file",
        thumbnail=f"{address}/thumbnail" if row.thumbnail else None,
        recipe=_recipe_of(desk, row.generation_id),
    )


def _recipe_of(desk: Desk, generation_id: str) -> schemas.Recipe:
    """By the read model, or by the log itself where that is stalled."""
    if row := generations.by_id(desk.read_models, generation_id):
        return recipe(row.recipe, row.prompt, row.negative_prompt)
    requested = desk.reader.stream(generations.PREFIX + generation_id)[0].event
    assert isinstance(requested, GenerationRequested)
    return recipe(requested.recipe, requested.prompt, requested.negative_prompt)


def job(row: JobRow) -> schemas.Job:
    return schemas.Job(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        status=row.status,  # type: ignore[arg-type]  # the projection writes no other
        attempts=row.attempts,
        enqueued_at=iso(row.enqueued_at),
        ended_at=iso_or_none(row.ended_at),
        failure=_failure(row.code, row.words),
    )


def preset(desk: Desk, row: PresetRow) -> schemas.ImagePreset:
    defaults = row.preset.defaults
    problem = desk.models.missing(row.id)
    return schemas.ImagePreset(
        id=row.id,
        name=row.preset.name,
        family=row.preset.family,
        notes=row.preset.notes,
        width=defaults.width,
        height=defaults.height,
        steps=defaults.steps,
        cfg=defaults.cfg,
        guidance=defaults.guidance,
        sampler=defaults.sampler,
        sigma_schedule=defaults.sigma_schedule,
        multiple=defaults.multiple,
        size_mb=round(sum(file.size for file in row.preset.model_files) / _MIB, 1),
        available=problem is None,
        problem=problem.words if problem else "",
    )


def event(recorded: Recorded) -> schemas.RecordedEvent:
    return schemas.RecordedEvent(
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


def worker(status: WorkerStatus) -> schemas.Worker:
    return schemas.Worker(
        kind=status.kind,
        pid=status.pid,
        state=status.state,
        restarts=status.restarts,
        engine=status.engine,
        engine_version=status.engine_version,
        backend=status.backend,
        model_loaded=status.model_loaded,
        memory=_report(status.memory) if status.memory else None,
        log_tail=status.log_tail,
    )


def _report(found: MemoryReport) -> schemas.Memory:
    return schemas.Memory(
        device=found.device,
        allocated_mb=found.allocated_mb,
        free_mb=found.free_mb,
        total_mb=found.total_mb,
        rss_mb=found.rss_mb,
    )


def memory(found: DeviceMemory) -> schemas.Memory:
    return schemas.Memory(
        device=found.device,
        allocated_mb=found.allocated_mb,
        free_mb=found.free_mb,
        total_mb=found.total_mb,
        rss_mb=found.desk_mb,
    )


def system(desk: Desk) -> schemas.System:
    statuses = desk.supervisor.status()
    found = device_memory(statuses)
    return schemas.System(
        version=desk.version,
        data_dir=str(desk.data.root),
        started_at=iso(desk.started_at),
        log_position=desk.reader.head().position,
        desk_mb=found.desk_mb,
        memory=memory(found),
        workers=[worker(each) for each in statuses],
        projections=[*_projections(desk)],
        wal_mb=round(desk.wal_bytes() / _MIB, 2),
    )


def _projections(desk: Desk) -> list[schemas.Projection]:
    """What follows the log: the read models, the reactors after them, and what else a desk does all the time."""
    models = [
        schemas.Projection(name=each.name, version=each.version, position=each.position, stalled=each.stalled)
        for each in desk.progress()
    ]
    reactors = [
        schemas.Projection(name=each.duty.name, version=1, position=each.position, stalled=each.duty.stalled)
        for each in desk.reactors
    ]
    duties = [
        schemas.Projection(name=each.name, version=1, position=desk.feed.position, stalled=each.stalled)
        for each in desk.duties
    ]
    return models + reactors + duties


def health(desk: Desk, service: str) -> schemas.Health | None:
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


def _desk_health(desk: Desk, statuses: list[WorkerStatus]) -> schemas.Health:
    found = device_memory(statuses)
    return schemas.Health(
        ok=all(each.stalled is None for each in _projections(desk)),
        service="desk",
        version=desk.version,
        model_loaded=next((each.model_loaded for each in statuses if each.model_loaded), None),
        vram_allocated_mb=found.allocated_mb,
        vram_free_mb=found.free_mb,
    )


def _worker_health(status: WorkerStatus) -> schemas.Health:
    up = status.state not in ("down", "quarantined", "starting")
    memory_ = status.memory
    return schemas.Health(
        ok=up,
        service=status.worker,
        version=status.engine_version,
        model_loaded=status.model_loaded,
        vram_allocated_mb=memory_.allocated_mb if memory_ else 0.0,
        vram_free_mb=memory_.free_mb if memory_ else 0.0,
    )


def _health(ok: bool, service: str, version: str) -> schemas.Health:
    return schemas.Health(
        ok=ok, service=service, version=version, model_loaded=None, vram_allocated_mb=0.0, vram_free_mb=0.0
    )
