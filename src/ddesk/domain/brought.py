"""What the program brought of a preset, as the preset's own story tells it."""

from collections.abc import Iterable

from ddesk.domain.fields import fields, with_fields
from ddesk.domain.preset import Brought, Preset, preset
from ddesk.events.envelope import Recorded
from ddesk.events.preset import ImagePresetCreated, ImagePresetEdited, PresetEvent


def brought(story: Iterable[Recorded]) -> Brought | None:
    """Each field as the desk set it last, whatever a person made of it since; None where the desk set none.

    What a person had changed goes through the desk's own edits as it is, and so isn't taken for the program's.
    """
    state, found = preset.initial, None
    for each in story:
        event = each.event
        if each.actor == "desk" and isinstance(event, ImagePresetCreated | ImagePresetEdited):
            found = _after(found, state, Brought(content=event.content, notes=event.notes))
        if isinstance(event, PresetEvent):
            state = preset.evolve(state, event)
    return found


def _after(found: Brought | None, state: Preset, edit: Brought) -> Brought:
    if found is None or state.content is None:
        return edit
    was, is_ = fields(Brought(content=state.content, notes=state.notes)), fields(edit)
    return with_fields(found, fields(found) | {name: is_[name] for name in is_ if is_[name] != was[name]})
