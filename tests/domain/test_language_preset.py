import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ddesk.domain.language_preset import (
    CreateLanguagePreset,
    DeleteLanguagePreset,
    EditLanguagePreset,
    LanguagePresetCommand,
    LanguagePresetState,
    RestoreLanguagePreset,
    language_preset,
)
from ddesk.errors import Conflict, NotFound
from ddesk.events.language_preset import (
    LanguagePresetCreated,
    LanguagePresetDeleted,
    LanguagePresetEdited,
    LanguagePresetEvent,
    LanguagePresetRestored,
    LanguagePrompts,
)
from tests.domain.given import Given, history_of
from tests.domain.samples import LANGUAGE_PRESET

pytestmark = pytest.mark.quick

OWN = LanguagePrompts(assistant="Be brief.")
OTHER = replace(LANGUAGE_PRESET, context=1024)
CREATED = LanguagePresetCreated(content=LANGUAGE_PRESET, prompts=OWN, notes="one")
CREATE = CreateLanguagePreset(content=LANGUAGE_PRESET, prompts=OWN, notes="one")
EDIT = EditLanguagePreset(content=OTHER, prompts=OWN, notes="one")
COMMANDS: list[LanguagePresetCommand] = [CREATE, EDIT, DeleteLanguagePreset(), RestoreLanguagePreset()]


def after(*events: LanguagePresetEvent) -> Given:
    return Given(language_preset, *events)


def test_it_is_created_once() -> None:
    assert after().when(CREATE) == [CREATED]
    assert after(CREATED).when(CREATE) == []


@pytest.mark.parametrize(
    "edit",
    [
        EDIT,
        EditLanguagePreset(content=LANGUAGE_PRESET, prompts=LanguagePrompts(), notes="one"),
        EditLanguagePreset(content=LANGUAGE_PRESET, prompts=OWN, notes="two"),
    ],
)
def test_an_edit_tells_all_of_it_and_one_that_changes_nothing_tells_nothing(edit: EditLanguagePreset) -> None:
    edited = LanguagePresetEdited(content=edit.content, prompts=edit.prompts, notes=edit.notes)
    assert after(CREATED).when(edit) == [edited]
    assert after(CREATED, edited).when(edit) == []
    assert after(CREATED, edited).state == LanguagePresetState(edit.content, edit.prompts, edit.notes)


def test_a_deleted_one_is_not_edited_until_it_is_restored() -> None:
    deleted = after(CREATED, LanguagePresetDeleted())
    with pytest.raises(Conflict, match="deleted"):
        deleted.when(EDIT)
    assert deleted.when(RestoreLanguagePreset()) == [LanguagePresetRestored()]
    assert len(after(CREATED, LanguagePresetDeleted(), LanguagePresetRestored()).when(EDIT)) == 1


@pytest.mark.parametrize("command", [each for each in COMMANDS if each != CREATE])
def test_nothing_can_be_done_to_one_that_never_was(command: LanguagePresetCommand) -> None:
    with pytest.raises(NotFound, match="no such language preset"):
        after().when(command)


@given(st.lists(st.sampled_from(COMMANDS), max_size=12), st.sampled_from(COMMANDS))
def test_repeating_a_command_decides_nothing_more(
    commands: list[LanguagePresetCommand], last: LanguagePresetCommand
) -> None:
    once = history_of(language_preset, [*commands, last])
    assert history_of(language_preset, [*commands, last, last]) == once
