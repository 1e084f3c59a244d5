"""Between language presets as the desk has them and as the API gives and takes them."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from ddesk.app.language_presets import Assessment, NewLanguagePreset
from ddesk.app.reading import Reading
from ddesk.domain.language_set import Start
from ddesk.domain.memory import MIB
from ddesk.events import language_preset as events
from ddesk.events.generation import ModelFile
from ddesk.projections.language_presets import LanguagePresetRow
from ddesk.server import language_schemas as schemas
from ddesk.server import memory_views
from ddesk.server.model_schemas import PartProblem
from ddesk.server.preset_schemas import DocumentFile, PresetFile

Shape = TypeVar("Shape")


def preset(reading: Reading, row: LanguagePresetRow) -> schemas.LanguagePreset:
    content = row.content
    problem = reading.models.missing(content)
    return schemas.LanguagePreset(
        id=row.id,
        name=content.name,
        notes=row.notes,
        files=[_file(reading, each) for each in content.model_files],
        context=content.context,
        kv_cache=content.kv_cache,
        memory_flags=list(content.memory_flags),
        defaults=_as(schemas.LanguageDefaults, content.defaults),
        prompts=prompts(row.prompts),
        size_mb=round(sum(file.size for file in content.model_files) / MIB, 1),
        available=problem is None,
        problem=problem.words if problem else "",
    )


def prompts(found: events.LanguagePrompts) -> schemas.LanguagePrompts:
    return _as(schemas.LanguagePrompts, found)


def as_stored(given: schemas.LanguagePrompts) -> events.LanguagePrompts:
    return _as(events.LanguagePrompts, given)


def start(found: Start) -> schemas.LanguageStart:
    return _as(schemas.LanguageStart, found)


def answer(found: Assessment) -> schemas.LanguageAnswer:
    return schemas.LanguageAnswer(
        problems=[PartProblem(each.code, each.part, each.words) for each in found.problems],
        context=found.context,
        estimate=memory_views.estimate(found.outlook) if found.outlook else None,
    )


def document(row: LanguagePresetRow) -> schemas.LanguagePresetDocument:
    return schemas.LanguagePresetDocument(
        files=[_as(DocumentFile, each) for each in row.content.model_files],
        name=row.content.name,
        context=row.content.context,
        kv_cache=row.content.kv_cache,
        memory_flags=list(row.content.memory_flags),
        defaults=_as(schemas.LanguageDefaults, row.content.defaults),
        prompts=prompts(row.prompts),
        notes=row.notes,
    )


def wanted(given: schemas.NewLanguagePreset) -> NewLanguagePreset:
    return _as(NewLanguagePreset, given)


def imported(given: schemas.LanguagePresetDocument, ids: Mapping[str, str]) -> NewLanguagePreset:
    return msgspec.convert({**msgspec.to_builtins(given), "files": ids}, NewLanguagePreset)


def named(given: schemas.LanguagePresetDocument) -> list[ModelFile]:
    return [_as(ModelFile, each) for each in given.files]


def edited(content: events.LanguagePreset, given: schemas.LanguagePresetEdit) -> events.LanguagePreset:
    """With all that is given of it, but for its files."""
    fields = msgspec.to_builtins(content)
    return msgspec.convert(
        fields | {k: v for k, v in msgspec.to_builtins(given).items() if k in _EDITED}, type(content)
    )


_EDITED = frozenset({"name", "context", "kv_cache", "memory_flags", "defaults"})


def _file(reading: Reading, file: ModelFile) -> PresetFile:
    return PresetFile(
        part=file.part, id=reading.models.library_id(file), name=file.name, size=file.size, sha256=file.sha256
    )


def _as(shape: type[Shape], value: object) -> Shape:
    """The same facts, as another structure has them."""
    return msgspec.convert(value, shape, from_attributes=True)
