"""What the API takes and gives of language presets. Contexts and answers are in tokens, sizes in bytes as named."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ddesk.server.memory_schemas import Estimate
from ddesk.server.model_schemas import PartProblem
from ddesk.server.preset_schemas import DocumentFile, Name, PresetFile
from ddesk.server.schemas import Text

KvCache = Literal["f16", "q8_0"]
MemoryFlag = Literal["weights_in_ram"]
FORMAT, VERSION = "ddesk-language-preset", 1
"""Of the documents that presets travel in."""

Context = Annotated[int, Meta(ge=1, le=1 << 30)]
Files = Annotated[dict[str, Annotated[str, Meta(max_length=64)]], Meta(max_length=16)]
Flags = Annotated[list[MemoryFlag], Meta(max_length=4)]


class LanguageDefaults(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it answers where nothing else is asked. `top_k` of 0 takes every token, `max_tokens` is of one answer."""

    temperature: Annotated[float, Meta(ge=0, le=5)]
    top_p: Annotated[float, Meta(ge=0, le=1)]
    top_k: Annotated[int, Meta(ge=0, le=1000)]
    min_p: Annotated[float, Meta(ge=0, le=1)]
    max_tokens: Annotated[int, Meta(ge=1, le=1 << 20)]


class LanguagePrompts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """System prompts: to talk, to enhance a picture's prompt, to describe a picture. Empty is the desk's own."""

    assistant: Text = ""
    enhance: Text = ""
    describe: Text = ""


class LanguagePreset(Struct, frozen=True, kw_only=True):
    """`available` is false where a file is missing; `problem` then says which."""

    id: str
    name: str
    notes: str
    files: list[PresetFile]
    context: int
    kv_cache: KvCache
    memory_flags: list[MemoryFlag]
    defaults: LanguageDefaults
    prompts: LanguagePrompts
    size_mb: float
    available: bool
    problem: str


class NewLanguagePreset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`files` are ids of model files by part: `model` and, to look at pictures, `mmproj`.

    What is left out is as `/api/presets/language/start` says, the context at most what the model was trained with.
    """

    name: Name
    files: Files
    context: Context | None = None
    kv_cache: KvCache | None = None
    memory_flags: Flags = []
    defaults: LanguageDefaults | None = None
    prompts: LanguagePrompts = LanguagePrompts()
    notes: Text = ""


class LanguagePresetEdit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is; what is given is given whole."""

    name: Name | UnsetType = UNSET
    files: Files | UnsetType = UNSET
    context: Context | UnsetType = UNSET
    kv_cache: KvCache | UnsetType = UNSET
    memory_flags: Flags | UnsetType = UNSET
    defaults: LanguageDefaults | UnsetType = UNSET
    prompts: LanguagePrompts | UnsetType = UNSET
    notes: Text | UnsetType = UNSET


class LanguageStart(Struct, frozen=True, kw_only=True):
    """What a new preset starts with."""

    context: int
    kv_cache: KvCache
    defaults: LanguageDefaults


class LanguageQuestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What files would take, before there is a preset of them. What is left out is as for a new one."""

    files: Files
    context: Context | None = None
    kv_cache: KvCache | None = None
    memory_flags: Flags = []


class LanguageAnswer(Struct, frozen=True, kw_only=True):
    """`context` is what the model was trained with, 0 where that is unknown; `estimate` is null while there are
    problems, of a part or, as `context` and `kv_cache`, of a setting.
    """

    problems: list[PartProblem]
    context: int
    estimate: Estimate | None


class LanguagePresetDocument(Struct, frozen=True, kw_only=True):
    """A language preset as it travels to another desk. Fields of a later version are passed over; another `version` is
    another shape.
    """

    format: str = FORMAT
    version: int = VERSION
    name: Name
    files: Annotated[list[DocumentFile], Meta(min_length=1, max_length=16)]
    context: Context
    kv_cache: KvCache
    memory_flags: Flags
    defaults: LanguageDefaults
    prompts: LanguagePrompts
    notes: Text
