"""From generations, pictures and events to what the API gives of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from ddesk.app.desk import Desk
from ddesk.app.reading import Reading
from ddesk.events.codec import UnknownEvent
from ddesk.events.envelope import Recorded
from ddesk.events.generation import GenerationRequested
from ddesk.events.generation import Recipe as StoredRecipe
from ddesk.projections import gallery, generations
from ddesk.projections.gallery import ImageRow
from ddesk.projections.generations import GenerationRow
from ddesk.server import generation_schemas, image_schemas, schemas, timeline_schemas


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
        failure=failure(row.code, row.words),
    )


def failure(code: str | None, words: str | None) -> generation_schemas.Failure | None:
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


def forgotten(desk: Desk, positions: Sequence[int]) -> schemas.Forgotten:
    return schemas.Forgotten(events=len(positions), backups=[str(path) for path in desk.backups.holding(positions)])


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
