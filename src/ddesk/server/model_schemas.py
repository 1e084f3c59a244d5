"""What the API takes and gives of model files and of the catalogue. Sizes are in bytes or pixels as named."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class FileProblem(Struct, frozen=True):
    """Why a model file can't be used. `code` is stable, `words` are for people."""

    code: str
    words: str


class ModelLanguage(Struct, frozen=True, kw_only=True):
    """Of a language model: `context` is what it was trained with, in tokens; the rest makes its KV cache."""

    architecture: str
    context: int
    layers: int
    kv_heads: int
    key_length: int
    value_length: int


class Model(Struct, frozen=True, kw_only=True):
    """A model file. `name` is relative to `root`, sizes are in bytes.

    Until it was `inspected`, what follows is empty. `ok`: it can be used; else `problems` say why not. `parts` are the
    places in a preset that it could take, or what else it is (`lora`, `upscaler`, …); `holds` are the other parts that
    a full model has within. `weights` are what the engines keep of it, by component. `pickle`: it is one, which is
    never unpickled. `metadata` is what it says of itself.

    Hashes are empty until it was read: `short_hash` is the one that A1111 shows, `old_short_hash` the one before.
    """

    id: str
    name: str
    root: str
    size: int
    changed: str
    inspected: bool
    ok: bool
    format: str
    kind: str
    title: str
    family: str
    parts: list[str]
    holds: list[str]
    tensors: int
    parameters: int
    quantisation: str
    weights: dict[str, int]
    pickle: bool
    language: ModelLanguage | None
    metadata: dict[str, str]
    problems: list[FileProblem]
    sha256: str
    short_hash: str
    old_short_hash: str


class CatalogueFile(Struct, frozen=True, kw_only=True):
    """`name` is below the data directory's folder of models, `size` in bytes. `unchecked`: there, and not read yet."""

    part: str
    name: str
    size: int
    sha256: str
    state: Literal["whole", "missing", "damaged", "unchecked"]


class CatalogueModel(Struct, frozen=True, kw_only=True):
    """A model that the desk knows of. `licence` is an SPDX identifier; `source` says what it was made from, and how."""

    id: str
    name: str
    family: str
    notes: str
    licence: str
    authors: str
    source: str
    size: int
    files: list[CatalogueFile]


class Licence(Struct, frozen=True, kw_only=True):
    """`id` is an SPDX identifier."""

    id: str
    text: str


class ModelRoot(Struct, frozen=True, kw_only=True):
    """A folder with models below it; all but the desk's `own` are only read. `problem` is empty where there is none."""

    path: str
    own: bool
    files: int
    problem: str


class ModelDefaults(Struct, frozen=True, kw_only=True):
    """What a new preset of a family starts with."""

    width: int
    height: int
    steps: int
    cfg: float
    guidance: float
    sampler: str
    sigma_schedule: str
    multiple: int


class ModelFamily(Struct, frozen=True, kw_only=True):
    """`forms` are the parts that its diffusion model may come as; of each group that it `needs` one part at least."""

    id: str
    title: str
    forms: list[str]
    needs: list[list[str]]
    accepts: list[str]
    defaults: ModelDefaults


class ModelFamilies(Struct, frozen=True, kw_only=True):
    """`parts` are the places that a preset has for files, with their titles."""

    parts: dict[str, str]
    families: list[ModelFamily]


class ModelSet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ids of model files by part, and of the LoRAs that go with them."""

    files: Annotated[dict[str, Annotated[str, Meta(max_length=64)]], Meta(max_length=16)]
    loras: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=16)] = []


class PartProblem(Struct, frozen=True):
    """What keeps a set of files from making pictures; `part` is what it is about: of a LoRA its id."""

    code: str
    part: str
    words: str


class ModelPartner(Struct, frozen=True):
    """A file that would do."""

    id: str
    name: str


class ModelSetChecked(Struct, frozen=True, kw_only=True):
    """`partners` would fill what is lacking, by part, the most likely first; `proposed` are those to take, by id.

    `weights` are what the engine would keep of the given files, in bytes by component. `family` is empty where it is
    unknown.
    """

    ok: bool
    family: str
    problems: list[PartProblem]
    partners: dict[str, list[ModelPartner]]
    proposed: dict[str, str]
    weights: dict[str, int]
