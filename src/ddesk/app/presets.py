"""Makes sure that the starter model and its preset are there, as this version of the program brings them."""

import asyncio
import hashlib
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ddesk.app.handle import Handler, Step
from ddesk.domain.brought import brought
from ddesk.domain.preset import Brought, CreateImagePreset, ReviseImagePreset, preset
from ddesk.events.envelope import Origin
from ddesk.events.preset import ImagePreset
from ddesk.projections.presets import PREFIX
from ddesk.store import starter


async def prepare_starter(handler: Handler, defaults: Path, models: Path) -> str:
    """Unpack the starter model where it isn't yet, see to it that its preset is that of today, and return its id.

    What a person changed in the preset stays. Raises OSError where there is no room for the model.
    """
    about = starter.manifest(defaults)
    files = await asyncio.to_thread(starter.unpack, defaults, models)
    content = ImagePreset(
        name=about.preset.name, family=about.preset.family, model_files=files, defaults=about.preset.defaults
    )
    now = Brought(content=content, notes=about.preset.notes)
    stream, id_ = PREFIX + about.preset.id, f"starter-{about.preset.id}"
    origin = Origin(command_id=id_, correlation_id=id_, actor="desk")
    await handler.handle(origin, Step(stream, preset, CreateImagePreset(content=now.content, notes=now.notes)))
    await _revise(handler, stream, replace(origin, command_id=f"{id_}-{_digest(now)}"), now)
    return about.preset.id


async def _revise(handler: Handler, stream: str, origin: Origin, now: Brought) -> None:
    """Once for all that the program ever brings: who undoes it has it so from then on."""
    story = handler.story(stream)
    before = brought(story)
    if before not in (None, now):
        revise = ReviseImagePreset(before=before, now=now)
        await handler.handle(replace(origin, causation=story[0].position), Step(stream, preset, revise))


def _digest(now: Brought) -> str:
    return hashlib.sha256(msgspec.json.encode(now)).hexdigest()[:16]
