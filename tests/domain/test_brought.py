"""Given what a person made of a preset that the program brought, when the program brings another, then this is left."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ddesk.domain.brought import brought
from ddesk.domain.fields import fields, with_fields
from ddesk.domain.preset import Brought, Preset, ReviseImagePreset, preset
from ddesk.domain.undo import Scene, undo
from ddesk.events.envelope import Recorded
from ddesk.events.generation import ModelFile
from ddesk.events.preset import (
    ImagePresetCreated,
    ImagePresetDeleted,
    ImagePresetEdited,
    ImagePresetRestored,
    PresetEvent,
)
from tests.domain.given import Given
from tests.domain.samples import PRESET

pytestmark = pytest.mark.quick


def edition(number: int, **changed: Any) -> Brought:
    """Its files, steps, cfg and notes are of each edition's own."""
    files = (ModelFile("diffusion", f"diffusion_models/starter-{number}.safetensors", 8, f"{number:064}"),)
    first = Brought(content=replace(PRESET, model_files=files), notes=f"edition {number}")
    return with_fields(first, fields(first) | {"steps": 10 + number, "cfg": 1.0 + number} | changed)


def created(it: Brought) -> ImagePresetCreated:
    return ImagePresetCreated(content=it.content, notes=it.notes)


def edited(it: Brought) -> ImagePresetEdited:
    return ImagePresetEdited(content=it.content, notes=it.notes)


def changed(it: Brought, **values: Any) -> Brought:
    return with_fields(it, fields(it) | values)


class Story:
    def __init__(self) -> None:
        self.told: list[Recorded] = []

    def tell(self, actor: str, *events: PresetEvent) -> "Story":
        for event in events:
            at = len(self.told) + 1
            told = Recorded(
                at, "image_preset-starter", at, type(event).__name__, 1, 0, b"", "c", None, "c", actor, event
            )
            self.told.append(told)
        return self

    @property
    def state(self) -> Preset:
        return preset.fold([each.event for each in self.told])  # type: ignore[misc]  # all are a preset's

    def brings(self, now: Brought) -> list[Any]:
        """What follows, which is told by the desk."""
        before = brought(self.told)
        assert before
        decided = list(preset.decide(self.state, ReviseImagePreset(before=before, now=now)))
        self.tell("desk", *decided)
        return decided


def begun() -> Story:
    return Story().tell("desk", created(edition(1)))


def test_an_untouched_preset_becomes_the_new_one_once() -> None:
    story = begun()
    assert story.brings(edition(2)) == [edited(edition(2))]
    assert story.brings(edition(2)) == []


def test_nothing_happens_where_the_program_brings_the_same() -> None:
    assert begun().brings(edition(1)) == []


@pytest.mark.parametrize(
    "mine",
    [{"name": "Mine"}, {"steps": 40}, {"notes": "slow"}, {"cover": "image-1"}, {"memory_flags": ("vae_tiling",)}],
)
def test_what_a_person_changed_stays_theirs_through_every_edition(mine: dict[str, Any]) -> None:
    story = begun().tell("user", edited(changed(edition(1), **mine)))
    assert story.brings(edition(2)) == [edited(changed(edition(2), **mine))]
    assert story.brings(edition(3)) == [edited(changed(edition(3), **mine))]


def test_what_a_person_set_back_is_the_programs_again() -> None:
    story = begun().tell("user", edited(changed(edition(1), steps=40)), edited(edition(1)))
    assert story.brings(edition(2)) == [edited(edition(2))]


def test_a_preset_with_files_of_a_persons_own_is_left_alone() -> None:
    own = (ModelFile("diffusion", "diffusion_models/own.safetensors", 8, "ef" * 32),)
    assert begun().tell("user", edited(changed(edition(1), model_files=own))).brings(edition(2)) == []


def test_a_preset_in_the_trash_stays_there_and_becomes_the_new_one_when_it_is_restored() -> None:
    story = begun().tell("user", ImagePresetDeleted())
    assert story.brings(edition(2)) == []
    assert story.tell("user", ImagePresetRestored()).brings(edition(2)) == [edited(edition(2))]


def test_what_the_desk_did_is_undone_and_stays_so() -> None:
    story = begun().tell("user", edited(changed(edition(1), name="Mine")))
    before = story.state
    (renewed,) = story.brings(edition(2))
    scene = Scene(id="starter", before=before, now=story.state)
    (back,) = undo(renewed, scene).commands
    assert Given(preset, *(each.event for each in story.told)).when(back) == [edited(changed(edition(1), name="Mine"))]
    story.tell("user", *preset.decide(story.state, back))
    assert story.brings(edition(2)) == story.brings(edition(3)) == []


def test_what_the_desk_never_brought_is_nobodys_to_revise() -> None:
    assert brought(Story().tell("user", created(edition(1))).told) is None


@given(
    st.lists(st.tuples(st.sampled_from(["steps", "name", "notes"]), st.integers(1, 3) | st.just("desk")), max_size=12)
)
def test_after_any_story_a_field_is_either_the_persons_last_word_or_the_programs(steps: list[tuple[str, Any]]) -> None:
    """Each step is a person's change of one field to a value of their own, or the next edition."""
    story, number, own = begun(), 1, dict[str, Any]()
    for field, step in steps:
        if step == "desk":
            number += 1
            story.brings(edition(number, name=f"Starter {number}"))
        else:
            own[field] = -step if field == "steps" else f"mine {step}"
            content = story.state.content
            assert content
            now = Brought(content=content, notes=story.state.notes)
            story.tell("user", edited(changed(now, **{field: own[field]})))
    content = story.state.content
    assert content
    programs = edition(number, name=f"Starter {number}") if number > 1 else edition(1)
    assert Brought(content=content, notes=story.state.notes) == changed(programs, **own)
