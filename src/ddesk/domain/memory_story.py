"""The rules of what is told about one worker's memory: every plan, and each picture's measurement once."""

from collections.abc import Sequence

from msgspec import Struct

from ddesk.domain.decider import Decider
from ddesk.events.memory import MemoryEvent, MemoryMeasured


class MemoryStory(Struct, frozen=True):
    """The picture that was measured last."""

    image_id: str = ""


class RecordMemory(Struct, frozen=True):
    event: MemoryEvent


def evolve(state: MemoryStory, event: MemoryEvent) -> MemoryStory:
    return MemoryStory(event.image_id) if isinstance(event, MemoryMeasured) else state


def decide(state: MemoryStory, command: RecordMemory) -> Sequence[MemoryEvent]:
    event = command.event
    told = isinstance(event, MemoryMeasured) and event.image_id == state.image_id
    return [] if told else [event]


memory_story = Decider[MemoryStory, RecordMemory, MemoryEvent](MemoryStory(), evolve, decide)
