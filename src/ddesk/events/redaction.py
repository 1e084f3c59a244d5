"""Which private parts an export may leave out, by what a person might not want to show."""

from collections.abc import Mapping
from typing import Literal, get_args

Kind = Literal["prompts", "tags", "notes", "paths"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# What an engine or a worker printed may quote either.
_PRINTED: frozenset[Kind] = frozenset(("prompts", "paths"))

SHOWS: Mapping[str, frozenset[Kind]] = {
    "GenerationRequested": frozenset(("prompts",)),
    "GenerationFailed": _PRINTED,
    "JobFailed": _PRINTED,
    "WorkerLost": _PRINTED,
    "ImageTagged": frozenset(("tags",)),
    "ImageUntagged": frozenset(("tags",)),
    "JobEnqueued": frozenset(("tags", "paths")),
    "ImagePresetCreated": frozenset(("notes",)),
    "ImagePresetEdited": frozenset(("notes",)),
    "LanguagePresetCreated": frozenset(("prompts", "notes")),
    "LanguagePresetEdited": frozenset(("prompts", "notes")),
    "SettingChanged": frozenset(("paths",)),
    "BackupMade": frozenset(("paths",)),
}
"""By event type, what its private part may show."""


def is_redacted(kind: str, redacted: frozenset[Kind]) -> bool:
    """Whether an event of this type loses its private part; what a later program wrote may show anything."""
    return bool(redacted) and not SHOWS.get(kind, redacted).isdisjoint(redacted)
