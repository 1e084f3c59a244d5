"""The rules of the settings' story. `settings.toml` is the truth; the log remembers what was changed, and how."""

from collections.abc import Sequence

from msgspec import Struct

from ddesk.domain.decider import Decider
from ddesk.events.settings import SettingChanged, SettingsEvent


class SettingsStory(Struct, frozen=True):
    """`values` are the last known ones by key, as JSON."""

    values: dict[str, str] = {}


class RecordSetting(Struct, frozen=True):
    change: SettingChanged


SettingsCommand = RecordSetting


def evolve(state: SettingsStory, event: SettingsEvent) -> SettingsStory:
    return SettingsStory({**state.values, event.key: event.new})


def decide(state: SettingsStory, command: SettingsCommand) -> Sequence[SettingsEvent]:
    change = command.change
    return [] if state.values.get(change.key, change.old) == change.new else [change]


settings = Decider[SettingsStory, SettingsCommand, SettingsEvent](SettingsStory(), evolve, decide)
