"""What happens to the desk's settings."""

from typing import Literal

from msgspec import Struct


class SettingChanged(Struct, frozen=True, tag=True, kw_only=True):
    """`old` and `new` are the values as JSON, which may be paths; a secret's are empty."""

    key: str
    source: Literal["page", "api", "file"]
    old: str = ""
    new: str = ""


SettingsEvent = SettingChanged
