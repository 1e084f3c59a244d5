"""The rules of one image preset."""

from collections.abc import Sequence
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.decider import Decider
from ddesk.domain.fields import fields, with_fields
from ddesk.errors import Conflict, NotFound
from ddesk.events.preset import (
    ImagePreset,
    ImagePresetCreated,
    ImagePresetDeleted,
    ImagePresetEdited,
    ImagePresetRestored,
    PresetEvent,
)


class Preset(Struct, frozen=True):
    """`content` is None before it is created; of a deleted one it is what it last was."""

    content: ImagePreset | None = None
    notes: str = ""
    deleted: bool = False


class CreateImagePreset(Struct, frozen=True, kw_only=True):
    content: ImagePreset
    notes: str = ""


class EditImagePreset(Struct, frozen=True, kw_only=True):
    content: ImagePreset
    notes: str = ""


class Brought(Struct, frozen=True, kw_only=True):
    """A preset as the program brings it."""

    content: ImagePreset
    notes: str = ""


class ReviseImagePreset(Struct, frozen=True, kw_only=True):
    """What the program brings `now` takes the place of what it brought `before`; what a person changed stays theirs."""

    before: Brought
    now: Brought


class DeleteImagePreset(Struct, frozen=True):
    pass


class RestoreImagePreset(Struct, frozen=True):
    pass


PresetCommand = CreateImagePreset | EditImagePreset | ReviseImagePreset | DeleteImagePreset | RestoreImagePreset


def evolve(state: Preset, event: PresetEvent) -> Preset:
    match event:
        case ImagePresetCreated() | ImagePresetEdited():
            return replace(state, content=event.content, notes=event.notes)
        case ImagePresetDeleted():
            return replace(state, deleted=True)
        case ImagePresetRestored():
            return replace(state, deleted=False)
        case _:
            assert_never(event)


def decide(state: Preset, command: PresetCommand) -> Sequence[PresetEvent]:
    if isinstance(command, CreateImagePreset):
        created = ImagePresetCreated(content=command.content, notes=command.notes)
        return [created] if state.content is None else []
    if state.content is None:
        raise NotFound("no_such_preset", "There is no such image preset.", "Choose one of the list of presets.")
    match command:
        case EditImagePreset():
            return _edit(state, command)
        case ReviseImagePreset():
            return _revise(state, state.content, command)
        case DeleteImagePreset():
            return [] if state.deleted else [ImagePresetDeleted()]
        case RestoreImagePreset():
            return [ImagePresetRestored()] if state.deleted else []
        case _:
            assert_never(command)


def _edit(state: Preset, command: EditImagePreset) -> Sequence[PresetEvent]:
    if state.deleted:
        raise Conflict("preset_deleted", "This image preset was deleted.", "Restore it first.")
    if (command.content, command.notes) == (state.content, state.notes):
        return []
    return [ImagePresetEdited(content=command.content, notes=command.notes)]


def _revise(state: Preset, content: ImagePreset, command: ReviseImagePreset) -> Sequence[PresetEvent]:
    """Nothing of one in the trash, nor of one with files of a person's own: the rest belongs to the files."""
    before, now = command.before, command.now
    if state.deleted or content.model_files not in (before.content.model_files, now.content.model_files):
        return []
    here = EditImagePreset(content=content, notes=state.notes)
    was, new, is_ = fields(before), fields(now), fields(here)
    return _edit(state, with_fields(here, {name: new[name] if is_[name] == was[name] else is_[name] for name in is_}))


preset = Decider[Preset, PresetCommand, PresetEvent](Preset(), evolve, decide)
