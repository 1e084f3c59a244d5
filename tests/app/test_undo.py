"""Undo of any command, after any history."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ddesk.domain.generation import (
    CancelGeneration,
    CompleteGeneration,
    Generation,
    RecordImage,
    RequestGeneration,
    RetryGeneration,
    StartGeneration,
)
from ddesk.domain.image import (
    AddImage,
    Image,
    PurgeImage,
    RateImage,
    RestoreImage,
    TagImage,
    TrashImage,
    UntagImage,
)
from ddesk.domain.job import CancelJob, EnqueueJob, Job, RetryJob
from ddesk.domain.language_preset import (
    CreateLanguagePreset,
    DeleteLanguagePreset,
    EditLanguagePreset,
    LanguagePresetState,
)
from ddesk.domain.preset import CreateImagePreset, DeleteImagePreset, EditImagePreset, Preset
from ddesk.domain.queue import ClearQueue, Queue, ReorderQueue
from ddesk.domain.settings import RecordSetting, SettingsStory
from ddesk.domain.undo import verdict
from ddesk.events.job import JobEnqueued
from ddesk.events.language_preset import LanguagePrompts
from ddesk.events.settings import SettingChanged
from tests.app.remembered import Remembered
from tests.domain.samples import ENGINE, LANGUAGE_PRESET, PRESET, REQUESTED, added, made
from tests.projections.histories import IDS, STEPS

pytestmark = pytest.mark.quick

Given = tuple[str, Any]


def setting(old: str, new: str) -> RecordSetting:
    return RecordSetting(SettingChanged(key="thumbnail_side", source="page", old=old, new=new))


START = StartGeneration(worker="image", engine=ENGINE)
_ORDERS = [("c", "a"), ("b", "a"), ("c", "b", "a"), ("a", "c", "b")]
_BULK = JobEnqueued(kind="bulk", subjects=("a",), action="trash")
COMMANDS: list[Given] = [
    *((step.stream, step.command) for step in STEPS if not step.stream.startswith("worker")),
    *(("queue", ReorderQueue(wanted=order, waiting=())) for order in _ORDERS),
    *((f"job-{id_}", command) for id_ in IDS for command in (EnqueueJob(_BULK), CancelJob(), RetryJob())),
    *(("settings", setting(old, new)) for old, new in (("320", "64"), ("320", "128"), ("320", "320"))),
    ("image_preset-toy", EditImagePreset(content=replace(PRESET, family="other"), notes="")),
    ("language_preset-toy", EditLanguagePreset(content=replace(LANGUAGE_PRESET, kv_cache="q8_0"), notes="")),
]
KINDS = sorted({stream.rpartition("-")[0] or stream for stream, _ in COMMANDS})
BEGUN: list[Given] = [
    *((f"generation-{id_}", RequestGeneration(REQUESTED)) for id_ in IDS),
    *((f"image-{id_}", AddImage(added(id_))) for id_ in IDS[:2]),
    ("image_preset-toy", CreateImagePreset(content=PRESET, notes="one")),
    ("language_preset-toy", CreateLanguagePreset(content=LANGUAGE_PRESET, notes="one")),
    *((f"job-{id_}", EnqueueJob(_BULK)) for id_ in IDS[:2]),
]
"""Without these, most of what a history draws comes to nothing."""

histories = st.lists(st.sampled_from(KINDS).flatmap(lambda kind: of_kind(kind)), max_size=60).map(BEGUN.__add__)


def of_kind(kind: str) -> st.SearchStrategy[Given]:
    return st.sampled_from([each for each in COMMANDS if each[0] == kind or each[0].startswith(f"{kind}-")])


def after(commands: list[Given]) -> Remembered:
    story = Remembered()
    for stream, command in commands:
        story.give(stream, command)
    return story


_WANTED = ("queued", "running")


def meaning(state: Any) -> Any:
    """What undo gives back. What was not there is told from what was taken away again only by its history, and work
    that was stopped waits again instead of running. How far a job came stays told: what it did to each picture is
    undone in the story of that picture."""
    match state:
        case Generation():
            wanted = state.status in _WANTED
            return wanted, state.made, state.mitigations if wanted else ()
        case Job():
            return state.status in _WANTED
        case Preset() | LanguagePresetState():
            return None if state.deleted or state.content is None else state
        case SettingsStory():
            return state.values.get("thumbnail_side", "320")
        case _:
            return state


def meanings(story: Remembered) -> dict[str, Any]:
    blank = [
        meaning(each)
        for each in (Generation(), Job(), Preset(), LanguagePresetState(), Image(), Queue(), SettingsStory())
    ]
    found = {stream: meaning(state) for stream, state in story.states().items()}
    return {stream: state for stream, state in found.items() if state not in blank}


def interrupted(story: Remembered) -> bool:
    """Such work stands between: it is neither made nor given up."""
    return any(getattr(state, "status", "") == "interrupted" for state in story.states().values())


@pytest.mark.parametrize("kind", KINDS)
@given(commands=histories, data=st.data())
def test_undo_right_after_a_command_gives_back_what_was_and_undoing_that_does_it_again(
    kind: str, commands: list[Given], data: st.DataObject
) -> None:
    story, last = after(commands), data.draw(of_kind(kind))
    was, order, stood_between = meanings(story), story.waiting.order, interrupted(story)
    done = story.give(*last)
    if not done or not all(verdict(each.event).undoable for each in done) or stood_between:
        return
    made_of_it, order_of_it = meanings(story), story.waiting.order
    undone = story.undo(done)
    assert meanings(story) == was
    running = {each.removeprefix("generation-") for each, state in was.items() if each.startswith("generation-")}
    assert [each for each in story.waiting.order if each in order] == list(order)
    assert set(story.waiting.order) <= running
    story.undo(undone)
    assert meanings(story) == made_of_it
    assert story.waiting.order == order_of_it


@given(histories, st.data(), st.booleans())
def test_undoing_anything_at_any_time_is_possible_or_says_why_not(
    commands: list[Given], data: st.DataObject, force: bool
) -> None:
    story = after(commands)
    if not story.log:
        return
    recorded = data.draw(st.sampled_from(story.log))
    plan = story.plan([recorded], force=force)
    assert bool(plan.undoable) == verdict(recorded.event).undoable
    assert bool(verdict(recorded.event).why_not) != verdict(recorded.event).undoable
    if force:
        assert not any(each.field for each in plan.left)
    story.keep(plan.events)


@given(histories, st.data())
def test_undoing_twice_what_is_forced_leaves_nothing_to_do(commands: list[Given], data: st.DataObject) -> None:
    story = after(commands)
    if not story.log:
        return
    recorded = data.draw(st.sampled_from(story.log))
    story.undo([recorded], force=True)
    assert story.undo([recorded], force=True) == []


def a_picture() -> Remembered:
    return after([("image-a", AddImage(added("g")))])


def test_what_was_changed_since_is_named_and_left_alone_unless_that_is_forced() -> None:
    story = a_picture()
    four = story.give("image-a", RateImage(4))
    story.give("image-a", RateImage(2))
    plan = story.plan(four)
    assert [(each.position, each.stream, each.field) for each in plan.left] == [(2, "image-a", "rating")]
    assert plan.events == []
    story.undo(four, force=True)
    assert story.state("image-a").rating == 0


def test_what_was_set_to_the_same_again_is_not_superseded() -> None:
    story = a_picture()
    four = story.give("image-a", RateImage(4))
    story.give("image-a", RateImage(2))
    story.give("image-a", RateImage(4))
    story.undo(four)
    assert story.state("image-a").rating == 0


def test_tags_come_back_as_whose_they_were() -> None:
    story = a_picture()
    story.give("image-a", TagImage(("sea",), source="model", confidence=0.5))
    story.give("image-a", TagImage(("night",)))
    was: Image = story.state("image-a")
    gone = story.give("image-a", UntagImage(("sea", "night")))
    story.undo(gone)
    assert story.state("image-a") == was


def test_what_was_removed_for_good_does_not_come_back_and_says_so() -> None:
    story = a_picture()
    rated = story.give("image-a", RateImage(4))
    trashed = story.give("image-a", TrashImage())
    purged = story.give("image-a", PurgeImage())
    assert "for good" in verdict(purged[0].event).why_not
    for done in (rated, trashed):
        assert "for good since" in story.plan(done, force=True).left[0].words


def test_an_edit_is_taken_back_field_by_field() -> None:
    story = after([("image_preset-toy", CreateImagePreset(content=PRESET, notes="one"))])
    steps = replace(PRESET, defaults=replace(PRESET.defaults, steps=30))
    first = story.give("image_preset-toy", EditImagePreset(content=steps, notes="one"))
    story.give("image_preset-toy", EditImagePreset(content=replace(steps, name="Mine"), notes="two"))
    story.undo(first)
    assert story.state("image_preset-toy") == Preset(replace(PRESET, name="Mine"), "two")


def test_an_edit_of_what_was_edited_again_is_superseded_in_that_field_alone() -> None:
    story = after([("image_preset-toy", CreateImagePreset(content=PRESET, notes="one"))])
    first = story.give("image_preset-toy", EditImagePreset(content=replace(PRESET, name="Mine"), notes="two"))
    story.give("image_preset-toy", EditImagePreset(content=replace(PRESET, name="Yours"), notes="two"))
    assert [each.field for each in story.plan(first).left] == ["name"]
    story.undo(first, force=True)
    assert story.state("image_preset-toy") == Preset(PRESET, "one")
    story.give("image_preset-toy", DeleteImagePreset())
    assert "deleted" in story.plan(first).left[0].words


def test_an_edit_of_a_language_preset_is_taken_back_field_by_field_down_to_its_prompts() -> None:
    story = after([("language_preset-toy", CreateLanguagePreset(content=LANGUAGE_PRESET, notes="one"))])
    own = LanguagePrompts(assistant="Be brief.", describe="Only tags.")
    content = replace(LANGUAGE_PRESET, defaults=replace(LANGUAGE_PRESET.defaults, temperature=0.2))
    first = story.give("language_preset-toy", EditLanguagePreset(content=content, prompts=own, notes="one"))
    later = replace(own, describe="Ten tags.")
    story.give("language_preset-toy", EditLanguagePreset(content=content, prompts=later, notes="two"))
    assert [each.field for each in story.plan(first).left] == ["describe"]
    story.undo(first)
    kept = LanguagePresetState(LANGUAGE_PRESET, LanguagePrompts(describe="Ten tags."), "two")
    assert story.state("language_preset-toy") == kept
    story.undo(first, force=True)
    assert story.state("language_preset-toy") == LanguagePresetState(LANGUAGE_PRESET, notes="two")
    story.give("language_preset-toy", DeleteLanguagePreset())
    assert "deleted" in story.plan(first, force=True).left[0].words


def queue_of(*ids: str) -> Remembered:
    return after([(f"generation-{id_}", RequestGeneration(REQUESTED)) for id_ in ids])


def test_what_is_cleared_waits_again_in_its_order() -> None:
    story = queue_of("a", "b", "c")
    cleared = story.give("queue", ClearQueue(story.waiting.order))
    for id_ in ("a", "b", "c"):
        cleared += story.give(f"generation-{id_}", CancelGeneration())
    story.give("generation-d", RequestGeneration(REQUESTED))
    story.undo(cleared)
    assert story.waiting.order == ("a", "b", "c", "d")


def test_what_is_cancelled_comes_back_to_its_place() -> None:
    story = queue_of("a", "b", "c")
    cancelled = story.give("generation-c", CancelGeneration())
    story.give("generation-d", RequestGeneration(REQUESTED))
    story.undo(cancelled)
    assert story.waiting.order == ("a", "b", "c", "d")


def test_the_order_before_is_that_of_those_that_still_wait() -> None:
    story = queue_of("a", "b", "c", "d")
    reordered = story.give("queue", ReorderQueue(wanted=("d", "c", "b", "a"), waiting=()))
    story.give("generation-b", CancelGeneration())
    story.undo(reordered)
    assert story.waiting.order == ("a", "c", "d")


def test_an_order_that_was_changed_since_is_superseded() -> None:
    story = queue_of("a", "b", "c")
    reordered = story.give("queue", ReorderQueue(wanted=("c", "b", "a"), waiting=()))
    story.give("queue", ReorderQueue(wanted=("b", "c"), waiting=()))
    assert [each.field for each in story.plan(reordered).left] == ["order"]
    story.undo(reordered, force=True)
    assert story.waiting.order == ("a", "b", "c")


def test_a_request_whose_pictures_are_made_is_undone_by_trashing_them_and_that_by_restoring() -> None:
    story = queue_of("a")
    request = list(story.log)
    story.give("generation-a", START)
    for index in range(2):
        story.give("generation-a", RecordImage(made(index)))
    story.give("generation-a", CompleteGeneration(1.0))
    undone = story.undo(request)
    assert [story.state(f"image-a-{index}").trashed for index in range(2)] == [True, True]
    assert story.state("generation-a").status == "completed"
    story.undo(undone)
    assert [story.state(f"image-a-{index}").trashed for index in range(2)] == [False, False]


def test_a_retry_is_undone_by_cancelling_and_takes_the_pictures_made_since_with_it() -> None:
    story = queue_of("a")
    story.give("generation-a", CancelGeneration())
    retried = story.give("generation-a", RetryGeneration())
    story.give("generation-a", START)
    story.give("generation-a", RecordImage(made(0)))
    story.undo(retried)
    assert story.state("generation-a").status == "cancelled"
    assert story.state("image-a-0").trashed


def test_several_commands_are_undone_from_the_newest_on() -> None:
    story = a_picture()
    done = [*story.give("image-a", RateImage(4)), *story.give("image-a", RateImage(2))]
    done += [*story.give("image-a", TrashImage()), *story.give("image-a", RestoreImage())]
    assert story.plan(done).left == []
    story.undo(done)
    assert (story.state("image-a").rating, story.state("image-a").trashed) == (0, False)


def test_a_setting_has_its_old_value_again_and_one_of_a_secret_says_why_not() -> None:
    story = Remembered()
    changed = story.give("settings", setting("320", "64"))
    story.undo(changed)
    assert story.state("settings").values == {"thumbnail_side": "320"}
    assert "secret" in verdict(SettingChanged(key="token", source="page")).why_not
