"""From the model library's own structures to those that the API gives."""

from collections.abc import Mapping, Sequence

from ddesk.app.catalogue import Catalogued
from ddesk.app.model_library import ModelEntry, Root
from ddesk.domain import model_set
from ddesk.domain.families import Families
from ddesk.domain.memory import Component
from ddesk.domain.model_file import Description, Language
from ddesk.domain.model_set import Candidate
from ddesk.server import model_schemas
from ddesk.server.views import iso


def model(entry: ModelEntry) -> model_schemas.Model:
    about, hashes, file = entry.about or Description(ok=False), entry.hashes, entry.file
    return model_schemas.Model(
        id=entry.id,
        name=file.name,
        root=str(file.root),
        size=file.stamp.size,
        changed=iso(file.stamp.changed // 1000),
        inspected=entry.about is not None,
        ok=about.ok,
        format=about.format,
        kind=about.kind,
        title=about.title,
        family=about.family,
        parts=list(about.parts),
        holds=list(about.holds),
        tensors=about.tensors,
        parameters=about.parameters,
        quantisation=about.quantisation,
        weights=_by_name(about.weights),
        pickle=about.pickle,
        language=_language(about.language) if about.language else None,
        metadata=dict(about.metadata),
        problems=[model_schemas.FileProblem(each.code, each.words) for each in about.problems],
        sha256=hashes.sha256 if hashes else "",
        short_hash=hashes.short if hashes else "",
        old_short_hash=hashes.old_short if hashes else "",
    )


def _by_name(weights: Mapping[Component, int]) -> dict[str, int]:
    return {str(component): size for component, size in weights.items()}


def _language(found: Language) -> model_schemas.ModelLanguage:
    return model_schemas.ModelLanguage(
        architecture=found.architecture,
        context=found.context,
        layers=found.layers,
        kv_heads=found.kv_heads,
        key_length=found.key_length,
        value_length=found.value_length,
    )


def catalogued(found: Catalogued) -> model_schemas.CatalogueModel:
    files = [
        model_schemas.CatalogueFile(
            part=each.file.part, name=each.file.name, size=each.file.size, sha256=each.file.sha256, state=each.state
        )
        for each in found.files
    ]
    entry = found.entry
    return model_schemas.CatalogueModel(
        id=found.id,
        name=entry.name,
        family=entry.family,
        notes=entry.notes,
        licence=entry.licence,
        authors=entry.authors,
        source=entry.source,
        size=sum(each.size for each in files),
        files=files,
    )


def root(found: Root) -> model_schemas.ModelRoot:
    return model_schemas.ModelRoot(path=str(found.path), own=found.own, files=found.files, problem=found.problem)


def families(table: Families) -> model_schemas.ModelFamilies:
    return model_schemas.ModelFamilies(
        parts=dict(table.parts),
        families=[
            model_schemas.ModelFamily(
                id=id_,
                title=each.title,
                forms=list(each.forms),
                needs=[list(group) for group in each.needs],
                accepts=list(each.accepts),
                defaults=model_schemas.ModelDefaults(
                    width=each.defaults.width,
                    height=each.defaults.height,
                    steps=each.defaults.steps,
                    cfg=each.defaults.cfg,
                    guidance=each.defaults.guidance,
                    sampler=each.defaults.sampler,
                    sigma_schedule=each.defaults.sigma_schedule,
                    multiple=each.defaults.multiple,
                ),
            )
            for id_, each in table.families.items()
        ],
    )


def checked(
    files: Mapping[str, Candidate],
    table: Families,
    offered: Sequence[Candidate],
    loras: Sequence[model_schemas.PartProblem] = (),
) -> model_schemas.ModelSetChecked:
    """`loras` is what is wrong with those."""
    problems = model_set.problems(files, table)
    partners = model_set.partners(files, offered, table)
    return model_schemas.ModelSetChecked(
        ok=not problems and not loras,
        family=model_set.family(files),
        problems=[*(model_schemas.PartProblem(each.code, each.part, each.words) for each in problems), *loras],
        partners={
            part: [model_schemas.ModelPartner(each.id, each.name) for each in found] for part, found in partners.items()
        },
        proposed={part: each.id for part, each in model_set.proposed(files, partners, table).items()},
        weights=_by_name(model_set.weights({part: each.about for part, each in files.items()})),
    )
