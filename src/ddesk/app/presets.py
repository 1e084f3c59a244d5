"""Makes sure that the starter model and its preset are there."""

import asyncio
from pathlib import Path

from ddesk.app.handle import Handler, Step
from ddesk.domain.preset import CreateImagePreset, preset
from ddesk.events.envelope import Origin
from ddesk.events.preset import ImagePreset
from ddesk.projections.presets import PREFIX
from ddesk.store import starter


async def prepare_starter(handler: Handler, defaults: Path, models: Path) -> str:
    """Unpack the starter model where it isn't yet, register its preset, and return the preset's id.

    Raises OSError where there is no room for it.
    """
    about = starter.manifest(defaults)
    files = await asyncio.to_thread(starter.unpack, defaults, models)
    content = ImagePreset(
        name=about.preset.name, family=about.preset.family, model_files=files, defaults=about.preset.defaults
    )
    create = CreateImagePreset(content=content, notes=about.preset.notes)
    id_ = about.preset.id
    origin = Origin(command_id=f"starter-{id_}", correlation_id=f"starter-{id_}", actor="desk")
    await handler.handle(origin, Step(PREFIX + id_, preset, create))
    return id_
