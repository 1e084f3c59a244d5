"""From presets as the desk has them to those that the API gives."""

import msgspec

from ddesk.app.reading import Reading
from ddesk.events.generation import ModelFile
from ddesk.projections import gallery
from ddesk.projections.presets import PresetRow
from ddesk.server.preset_schemas import (
    FORMAT,
    VERSION,
    DocumentDefaults,
    DocumentFile,
    DocumentLora,
    ImagePreset,
    PresetDocument,
    PresetFile,
    PresetLora,
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
        files=[_file(reading, each) for each in content.model_files],
        loras=[
            PresetLora(**msgspec.structs.asdict(_file(reading, each.file)), strength=each.strength)
            for each in content.loras
        ],
        size_mb=round(sum(file.size for file in content.model_files) / _MIB, 1),
        available=problem is None,
        problem=problem.words if problem else "",
    )


def _file(reading: Reading, file: ModelFile) -> PresetFile:
    id_ = reading.models.library_id(file)
    return PresetFile(part=file.part, name=file.name, size=file.size, sha256=file.sha256, id=id_)


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
        files=[_travelling(each) for each in content.model_files],
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
        loras=[
            DocumentLora(**msgspec.structs.asdict(_travelling(each.file)), strength=each.strength)
            for each in content.loras
        ],
    )


def _travelling(file: ModelFile) -> DocumentFile:
    return DocumentFile(part=file.part, name=file.name, size=file.size, sha256=file.sha256)
