"""Brings something back to how it was at a position: what is appended says so, and nothing is written anew.

Each is decided by the rules of its own stream, on how things stand now, so that doing it again changes nothing.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from msgspec.structs import replace

from ddesk.app.as_of import recalled
from ddesk.app.desk import Desk
from ddesk.app.hand_edits import STREAM
from ddesk.app.handle import Step
from ddesk.app.shadows import SECONDS_TO_BUILD
from ddesk.app.streams import earlier, state_of
from ddesk.domain.decider import Decider, State
from ddesk.domain.image import (
    FavoriteImage,
    Image,
    RateImage,
    RestoreImage,
    TagImage,
    TrashImage,
    UnfavoriteImage,
    UntagImage,
    image,
)
from ddesk.domain.language_preset import (
    DeleteLanguagePreset,
    EditLanguagePreset,
    LanguagePresetState,
    RestoreLanguagePreset,
    language_preset,
)
from ddesk.domain.preset import DeleteImagePreset, EditImagePreset, Preset, RestoreImagePreset, preset
from ddesk.domain.queue import Queue, ReorderQueue, queue
from ddesk.domain.settings import SettingsStory
from ddesk.errors import Invalid, NotFound
from ddesk.events.envelope import Origin
from ddesk.events.image import ImageEvent
from ddesk.events.language_preset import LanguagePresetEvent
from ddesk.events.preset import PresetEvent
from ddesk.projections import generations


async def bring_back(desk: Desk, origin: Origin, position: int, stream: str, key: str = "") -> bool:
    """Whether anything had changed since. Of the settings only the one named `key`.

    Raises NotFound where there is no such thing or position, Invalid for what can't be brought back, Conflict for a
    picture that was removed for good, and StillBuilding while the queue of then is being read.
    """
    then = state_of(earlier(desk.reader, position), stream)
    origin = replace(origin, causation=position or None)
    match then:
        case Image(added=None) | Image(purged=True) | Preset(content=None) | LanguagePresetState(content=None):
            raise NotFound("not_there_then", f"There was no {stream} at event {position}.", "Choose another moment.")
        case Image():
            return await _handled(desk, origin, Step(stream, _IMAGE, then))
        case Preset():
            return await _handled(desk, origin, Step(stream, _PRESET, then))
        case LanguagePresetState():
            return await _handled(desk, origin, Step(stream, _LANGUAGE_PRESET, then))
        case Queue():
            return await _bring_order_back(desk, origin, position)
        case SettingsStory():
            return await _bring_setting_back(desk, origin, then, key)
        case _:
            raise Invalid(
                "not_brought_back",
                f"What became of {stream} is history, and can't be brought back.",
                "Pictures, presets, settings and the order of the queue can.",
            )


async def _handled(desk: Desk, origin: Origin, step: Step) -> bool:
    return await desk.handler.handle(origin, step) is not None


def _in_turn(decider: Decider[State, Any, Any], state: State, commands: Sequence[Any]) -> list[Any]:
    """What the commands lead to, each on what the one before has left."""
    events: list[Any] = []
    for command in commands:
        decided = decider.decide(state, command)
        state = reduce(decider.evolve, decided, state)
        events += decided
    return events


def _marks(now: Image, then: Image) -> Sequence[ImageEvent]:
    commands = (
        RateImage(then.rating),
        FavoriteImage() if then.favorite else UnfavoriteImage(),
        TagImage(tuple(sorted(then.tags.keys() - now.tags.keys()))),
        UntagImage(tuple(sorted(now.tags.keys() - then.tags.keys()))),
        TrashImage() if then.trashed else RestoreImage(),
    )
    return _in_turn(image, now, commands)


def _content(now: Preset, then: Preset) -> Sequence[PresetEvent]:
    assert then.content is not None
    edit = EditImagePreset(content=then.content, notes=then.notes)
    return _in_turn(preset, now, (RestoreImagePreset(), edit, *([DeleteImagePreset()] if then.deleted else [])))


def _language_content(now: LanguagePresetState, then: LanguagePresetState) -> Sequence[LanguagePresetEvent]:
    assert then.content is not None
    edit = EditLanguagePreset(content=then.content, prompts=then.prompts, notes=then.notes)
    delete = [DeleteLanguagePreset()] if then.deleted else []
    return _in_turn(language_preset, now, (RestoreLanguagePreset(), edit, *delete))


_IMAGE = Decider[Image, Image, ImageEvent](image.initial, image.evolve, _marks)
_PRESET = Decider[Preset, Preset, PresetEvent](preset.initial, preset.evolve, _content)
_LANGUAGE_PRESET = Decider[LanguagePresetState, LanguagePresetState, LanguagePresetEvent](
    language_preset.initial, language_preset.evolve, _language_content
)


async def _bring_order_back(desk: Desk, origin: Origin, position: int) -> bool:
    """Of those that still wait. What came since keeps its place."""
    shadow = await desk.shadows.at(position, SECONDS_TO_BUILD)
    waiting = desk.dispatcher.waiting.order
    wanted = tuple(row.id for row in generations.with_status(shadow, "queued") if row.id in waiting)
    return await _handled(desk, origin, Step("queue", queue, ReorderQueue(wanted=wanted, waiting=waiting)))


async def _bring_setting_back(desk: Desk, origin: Origin, then: SettingsStory, key: str) -> bool:
    value = getattr(recalled(then.values), key, None)
    now = state_of(desk.reader, STREAM)
    assert isinstance(now, SettingsStory)
    if value is not None and value == getattr(recalled(now.values), key):
        return False
    await desk.change_setting(origin, key, value)
    return True
