"""The rules of one image preset."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.decider import Decider
from ddesk.events.preset import ImagePresetCreated, PresetEvent


class Preset(Struct, frozen=True):
    created: ImagePresetCreated | None = None


class CreateImagePreset(Struct, frozen=True):
    preset: ImagePresetCreated


PresetCommand = CreateImagePreset


def evolve(state: Preset, event: PresetEvent) -> Preset:
    return replace(state, created=event)


def decide(state: Preset, command: PresetCommand) -> Sequence[PresetEvent]:
    return [command.preset] if state.created is None else []


preset = Decider[Preset, PresetCommand, PresetEvent](Preset(), evolve, decide)
