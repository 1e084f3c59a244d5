"""What is known of every event besides what happened."""

from msgspec import Struct

from ddesk.events import Event
from ddesk.events.codec import AnyEvent

Actor = str
"""`user`, `assistant`, `desk`, `worker`, or `api:<client>` for a program that used the API."""


class NewEvent(Struct, frozen=True):
    """An event about to be appended to a stream, `<kind>-<id>` or a bare kind where there is only one."""

    stream: str
    event: Event


class Origin(Struct, frozen=True, kw_only=True):
    """Who asked for it, and on account of what.

    `correlation_id` joins everything that one request or reaction led to; `causation` is the position of the event
    that caused this one, where an event did.
    """

    command_id: str
    correlation_id: str
    actor: Actor
    causation: int | None = None


class Recorded(Struct, frozen=True, gc=False):
    """An event as the log holds it. `recorded_at` is in microseconds since 1970, UTC; `version` counts from 1."""

    position: int
    stream: str
    version: int
    type: str
    schema: int
    recorded_at: int
    event_id: bytes
    command_id: str
    causation: int | None
    correlation_id: str
    actor: Actor
    event: AnyEvent
