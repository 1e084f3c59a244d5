"""Where a walk along the log stops."""

from msgspec import Struct

from ddesk.events.envelope import Recorded

FAILURES = ("Failed", "Lost", "Quarantined")
"""How the types end that tell of a failure."""


class Stop(Struct, frozen=True, kw_only=True):
    """All that is given must hold; `position` means at or after it."""

    type: str | None = None
    stream: str | None = None
    position: int | None = None
    failure: bool = False

    def is_met(self, recorded: Recorded, *, stalled: bool) -> bool:
        """`stalled`: a projection gave up at this event."""
        return (
            self.type in (None, recorded.type)
            and self.stream in (None, recorded.stream)
            and recorded.position >= (self.position or 0)
            and (not self.failure or stalled or is_failure(recorded))
        )


def is_failure(recorded: Recorded) -> bool:
    return recorded.type.endswith(FAILURES)
