"""What happens to one language preset: the model files that talk, see and write together, and how they are asked."""

from typing import Literal

from msgspec import Struct

from ddesk.events.generation import ModelFile

KvCache = Literal["f16", "q8_0"]
"""The format in which a context's keys and values are kept."""

LanguageMemoryFlag = Literal["weights_in_ram"]


class LanguageDefaults(Struct, frozen=True, kw_only=True):
    """How it answers where nothing else is asked. `top_k` of 0 takes every token, `max_tokens` is of one answer."""

    temperature: float
    top_p: float
    top_k: int
    min_p: float
    max_tokens: int


class LanguagePrompts(Struct, frozen=True, kw_only=True):
    """System prompts: to talk, to enhance a picture's prompt, to describe a picture. Empty is the desk's own."""

    assistant: str = ""
    enhance: str = ""
    describe: str = ""


class LanguagePreset(Struct, frozen=True, kw_only=True):
    """What a preset consists of, apart from a person's words. `context` is in tokens; `memory_flags` are always on."""

    name: str
    model_files: tuple[ModelFile, ...]
    context: int
    defaults: LanguageDefaults
    kv_cache: KvCache = "f16"
    memory_flags: tuple[LanguageMemoryFlag, ...] = ()


class LanguagePresetCreated(Struct, frozen=True, tag=True, kw_only=True):
    content: LanguagePreset
    prompts: LanguagePrompts = LanguagePrompts()
    notes: str = ""


class LanguagePresetEdited(Struct, frozen=True, tag=True, kw_only=True):
    """All of it, as it is from now on."""

    content: LanguagePreset
    prompts: LanguagePrompts = LanguagePrompts()
    notes: str = ""


class LanguagePresetDeleted(Struct, frozen=True, tag=True):
    """Its files stay where they are."""


class LanguagePresetRestored(Struct, frozen=True, tag=True):
    pass


LanguagePresetEvent = LanguagePresetCreated | LanguagePresetEdited | LanguagePresetDeleted | LanguagePresetRestored
