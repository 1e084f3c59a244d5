"""The rules of one language preset."""

from collections.abc import Sequence
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.decider import Decider
from ddesk.errors import Conflict, NotFound
from ddesk.events.language_preset import (
    LanguagePreset,
    LanguagePresetCreated,
    LanguagePresetDeleted,
    LanguagePresetEdited,
    LanguagePresetEvent,
    LanguagePresetRestored,
    LanguagePrompts,
)


class LanguagePresetState(Struct, frozen=True):
    """`content` is None before it is created; of a deleted one it is what it last was."""

    content: LanguagePreset | None = None
    prompts: LanguagePrompts = LanguagePrompts()
    notes: str = ""
    deleted: bool = False


class CreateLanguagePreset(Struct, frozen=True, kw_only=True):
    content: LanguagePreset
    prompts: LanguagePrompts = LanguagePrompts()
    notes: str = ""


class EditLanguagePreset(Struct, frozen=True, kw_only=True):
    content: LanguagePreset
    prompts: LanguagePrompts = LanguagePrompts()
    notes: str = ""


class DeleteLanguagePreset(Struct, frozen=True):
    pass


class RestoreLanguagePreset(Struct, frozen=True):
    pass


LanguagePresetCommand = CreateLanguagePreset | EditLanguagePreset | DeleteLanguagePreset | RestoreLanguagePreset


def evolve(state: LanguagePresetState, event: LanguagePresetEvent) -> LanguagePresetState:
    match event:
        case LanguagePresetCreated() | LanguagePresetEdited():
            return replace(state, content=event.content, prompts=event.prompts, notes=event.notes)
        case LanguagePresetDeleted():
            return replace(state, deleted=True)
        case LanguagePresetRestored():
            return replace(state, deleted=False)
        case _:
            assert_never(event)


def decide(state: LanguagePresetState, command: LanguagePresetCommand) -> Sequence[LanguagePresetEvent]:
    if isinstance(command, CreateLanguagePreset):
        created = LanguagePresetCreated(content=command.content, prompts=command.prompts, notes=command.notes)
        return [created] if state.content is None else []
    if state.content is None:
        raise NotFound("no_such_preset", "There is no such language preset.", "Choose one of the list of presets.")
    match command:
        case EditLanguagePreset():
            return _edit(state, command)
        case DeleteLanguagePreset():
            return [] if state.deleted else [LanguagePresetDeleted()]
        case RestoreLanguagePreset():
            return [LanguagePresetRestored()] if state.deleted else []
        case _:
            assert_never(command)


def _edit(state: LanguagePresetState, command: EditLanguagePreset) -> Sequence[LanguagePresetEvent]:
    if state.deleted:
        raise Conflict("preset_deleted", "This language preset was deleted.", "Restore it first.")
    if (command.content, command.prompts, command.notes) == (state.content, state.prompts, state.notes):
        return []
    return [LanguagePresetEdited(content=command.content, prompts=command.prompts, notes=command.notes)]


language_preset = Decider[LanguagePresetState, LanguagePresetCommand, LanguagePresetEvent](
    LanguagePresetState(), evolve, decide
)
