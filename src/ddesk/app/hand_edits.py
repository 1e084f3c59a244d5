"""What a person changed in `settings.toml` while the desk was closed: found at the next start, and remembered."""

from pathlib import Path
from typing import Any

import msgspec

from ddesk.app.handle import Handler, Step, by_desk
from ddesk.domain.settings import RecordSetting, SettingsStory, settings
from ddesk.events.settings import SettingChanged
from ddesk.settings import Settings, load

STREAM = "settings"


async def record_hand_edits(handler: Handler, file: Path) -> None:
    """Compare the file with what was last known of each setting, which at first is its default."""
    story = handler.state(STREAM, settings)
    assert isinstance(story, SettingsStory)
    found = load(file, environment={})
    for key in Settings.__struct_fields__:
        old = story.values.get(key, as_json(getattr(Settings(), key)))
        new = as_json(getattr(found, key))
        if old != new:
            change = SettingChanged(key=key, source="file", old=old, new=new)
            await handler.handle(by_desk("hand-edit"), Step(STREAM, settings, RecordSetting(change)))


def as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
