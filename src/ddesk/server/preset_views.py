"""From presets as the desk has them to those that the API gives."""

import re

from ddesk.app.reading import Reading
from ddesk.events.preset import ImagePreset as StoredPreset
from ddesk.projections import gallery
from ddesk.projections.presets import PresetRow
from ddesk.server.preset_schemas import (
    FORMAT,
    VERSION,
    DocumentDefaults,
    DocumentFile,
    ImagePreset,
    PresetDocument,
    PresetFile,
)

_MIB = 1 << 20


def preset(reading: Reading, row: PresetRow) -> ImagePreset:
    content, defaults = row.content, row.content.defaults
    problem = reading.models.missing(content)
    return ImagePreset(
        id=row.id,
        name=content.name,
        family=content.family,
        notes=row.notes,
        width=defaults.width,
        height=defaults.height,
        steps=defaults.steps,
        cfg=defaults.cfg,
        guidance=defaults.guidance,
        sampler=defaults.sampler,
        sigma_schedule=defaults.sigma_schedule,
        multiple=defaults.multiple,
        memory_flags=list(content.memory_flags),
        cover=content.cover or None,
        cover_address=_cover_address(reading, content.cover),
        files=_files(reading, content),
        size_mb=round(sum(file.size for file in content.model_files) / _MIB, 1),
        available=problem is None,
        problem=problem.words if problem else "",
    )


def _files(reading: Reading, content: StoredPreset) -> list[PresetFile]:
    return [
        PresetFile(
            part=each.part, name=each.name, size=each.size, sha256=each.sha256, id=reading.models.library_id(each)
        )
        for each in content.model_files
    ]


def _cover_address(reading: Reading, image_id: str) -> str | None:
    row = gallery.by_id(reading.read_models, image_id) if image_id else None
    if row is None or not reading.has_file(row):
        return None
    return f"/api/images/{image_id}/{'thumbnail' if row.thumbnail else 'file'}"


def document(row: PresetRow) -> PresetDocument:
    content, defaults = row.content, row.content.defaults
    return PresetDocument(
        format=FORMAT,
        version=VERSION,
        name=content.name,
        family=content.family,
        notes=row.notes,
        files=[
            DocumentFile(part=each.part, name=each.name, size=each.size, sha256=each.sha256)
            for each in content.model_files
        ],
        defaults=DocumentDefaults(
            width=defaults.width,
            height=defaults.height,
            steps=defaults.steps,
            cfg=defaults.cfg,
            guidance=defaults.guidance,
            sampler=defaults.sampler,
            sigma_schedule=defaults.sigma_schedule,
            multiple=defaults.multiple,
        ),
        memory_flags=list(content.memory_flags),
    )


def file_name(name: str) -> str:
    """`Starter (toy pictures)` is starter-toy-pictures.json."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    return f"{'-'.join(words) or 'preset'}.json"
