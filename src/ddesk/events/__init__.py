"""Facts: everything that can have happened, as plain immutable data."""

from typing import get_args

from ddesk.events.backup import BackupEvent
from ddesk.events.generation import GenerationEvent
from ddesk.events.image import ImageEvent
from ddesk.events.job import JobEvent
from ddesk.events.language_preset import LanguagePresetEvent
from ddesk.events.log import LogEvent
from ddesk.events.memory import MemoryEvent
from ddesk.events.preset import PresetEvent
from ddesk.events.queue import QueueEvent
from ddesk.events.settings import SettingsEvent
from ddesk.events.worker import WorkerEvent

Event = (
    BackupEvent
    | GenerationEvent
    | ImageEvent
    | JobEvent
    | LanguagePresetEvent
    | LogEvent
    | MemoryEvent
    | PresetEvent
    | QueueEvent
    | SettingsEvent
    | WorkerEvent
)

TYPES: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}
"""Every event type by the name under which it is stored."""
