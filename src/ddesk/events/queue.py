"""What happens to the queue as a whole; the order of a single generation is told by its own stream."""

from msgspec import Struct


class QueuePaused(Struct, frozen=True, tag=True):
    """Nothing new is started; what runs goes on."""


class QueueResumed(Struct, frozen=True, tag=True):
    pass


class QueueCleared(Struct, frozen=True, tag=True):
    """Every waiting generation was cancelled; each one's own stream says so too."""

    generation_ids: tuple[str, ...]


class QueueReordered(Struct, frozen=True, tag=True, omit_defaults=True):
    """The named generations take each other's places, in this order; the others keep theirs.

    `before` is the order that they had; None where that was not written down yet.
    """

    generation_ids: tuple[str, ...]
    before: tuple[str, ...] | None = None


QueueEvent = QueuePaused | QueueResumed | QueueCleared | QueueReordered
