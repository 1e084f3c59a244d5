"""Given what happened to an image preset, when a command comes, then these facts follow."""

import pytest
from msgspec.structs import replace

from ddesk.domain.preset import (
    CreateImagePreset,
    DeleteImagePreset,
    EditImagePreset,
    RestoreImagePreset,
    preset,
)
from ddesk.domain.undo import Scene, undo
from ddesk.errors import Conflict, NotFound
from ddesk.events.generation import ModelFile
from ddesk.events.preset import ImagePresetCreated, ImagePresetDeleted, ImagePresetEdited, ImagePresetRestored
from tests.domain.given import Given
from tests.domain.samples import PRESET

pytestmark = pytest.mark.quick

CREATED = ImagePresetCreated(content=PRESET, notes="one")
OTHER_FILES = (ModelFile("diffusion", "diffusion_models/other.safetensors", 8, "cd" * 32),)


def edited(**changed: object) -> ImagePresetEdited:
    return ImagePresetEdited(content=replace(PRESET, **changed), notes="one")


def test_a_preset_is_created_once() -> None:
    create = CreateImagePreset(content=PRESET, notes="one")
    assert Given(preset).when(create) == [CREATED]
    assert Given(preset, CREATED).when(create) == []


def test_files_flags_and_cover_are_edited_and_an_edit_that_changes_nothing_is_none() -> None:
    changed = edited(model_files=OTHER_FILES, memory_flags=("vae_tiling",), cover="image-1")
    edit = EditImagePreset(content=changed.content, notes="one")
    assert Given(preset, CREATED).when(edit) == [changed]
    assert Given(preset, CREATED, changed).when(edit) == []


def test_a_deleted_preset_is_edited_again_once_it_is_restored() -> None:
    edit = EditImagePreset(content=edited(name="Mine").content, notes="one")
    assert Given(preset, CREATED).when(DeleteImagePreset()) == [ImagePresetDeleted()]
    with pytest.raises(Conflict, match="deleted"):
        Given(preset, CREATED, ImagePresetDeleted()).when(edit)
    assert Given(preset, CREATED, ImagePresetDeleted()).when(RestoreImagePreset()) == [ImagePresetRestored()]
    assert Given(preset, CREATED, ImagePresetDeleted(), ImagePresetRestored()).when(edit) == [edited(name="Mine")]


def test_what_does_not_exist_is_not_found() -> None:
    for command in (DeleteImagePreset(), RestoreImagePreset(), EditImagePreset(content=PRESET)):
        with pytest.raises(NotFound):
            Given(preset).when(command)


def test_undoing_an_edit_of_files_and_cover_leaves_alone_what_was_changed_since() -> None:
    mine = edited(model_files=OTHER_FILES, cover="image-1")
    since = edited(model_files=OTHER_FILES, cover="image-2", name="Mine")
    scene = Scene(id="toy", before=Given(preset, CREATED).state, now=Given(preset, CREATED, mine, since).state)
    undoing = undo(mine, scene)
    back = edited(cover="image-2", name="Mine").content
    assert (undoing.commands, undoing.superseded) == ((EditImagePreset(content=back, notes="one"),), ("cover",))
    assert undo(mine, replace(scene, force=True)).commands == (
        EditImagePreset(content=replace(back, cover=""), notes="one"),
    )
