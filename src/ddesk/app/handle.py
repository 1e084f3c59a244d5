"""The one way in which a command reaches the log: load, decide, append, and again where something was quicker."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from ddesk.app.states import States
from ddesk.domain.decider import Decider
from ddesk.errors import Conflict, WriteConflict
from ddesk.events.envelope import NewEvent, Origin, Recorded
from ddesk.events.ids import new_id
from ddesk.store.log_reader import LogReader
from ddesk.store.writer import Append, Appended, Writer

_log = logging.getLogger(__name__)
_ATTEMPTS = 20


class Step(Struct, frozen=True):
    """A command to one stream."""

    stream: str
    decider: Decider[Any, Any, Any]
    command: Any


def by_desk(reason: str) -> Origin:
    """The origin of something that the desk does by itself."""
    id_ = new_id()
    return Origin(command_id=id_, correlation_id=f"{reason}-{id_}", actor="desk")


class Handler:
    def __init__(self, reader: LogReader, writer: Writer) -> None:
        self._reader = reader
        self._states = States(reader)
        self._writer = writer

    def on_account_of(self, stream: str) -> Origin:
        """The origin of what the desk does next in a story that someone began: caused by what was last told in it."""
        (cause,) = self._reader.events(stream=stream, limit=1)
        return Origin(command_id=new_id(), correlation_id=cause.correlation_id, actor="desk", causation=cause.position)

    def state(self, stream: str, decider: Decider[Any, Any, Any]) -> Any:
        """What the stream has come to."""
        return self._states.of(stream, decider).state

    def story(self, stream: str) -> list[Recorded]:
        """All that happened in it, in order."""
        return self._reader.stream(stream)

    def first(self, stream: str) -> Recorded:
        """What its story began with."""
        (beginning,) = self._reader.events(stream=stream, after=0, limit=1)
        return beginning

    def subject_of(self, done: Appended, prefix: str) -> str:
        """What a command was about that began a story of its own. Raises Conflict where that was another kind."""
        stream = next(self._reader.read(after=done.first - 1)).stream
        if not stream.startswith(prefix):
            raise Conflict("key_in_use", "That Idempotency-Key was another command's.", "Draw one for each command.")
        return stream.removeprefix(prefix)

    async def handle(self, origin: Origin, *steps: Step, together: bool = False) -> Appended | None:
        """Append what all steps decide, in one transaction; None where there was nothing to do.

        The first step leads: where it decides nothing, nothing happens, unless all are there `together`. A command
        whose id was handled before is answered as it was then. Raises Refused as the deciders do, and Fault where the
        log can't be written.
        """
        return await self.settle(origin, lambda: self._decide(origin, steps, together=together))

    async def settle(self, origin: Origin, plan: Callable[[], Append | None]) -> Appended | None:
        """Append what is planned, and plan again where something was quicker; None where there is nothing to do."""
        if done := self._reader.command(origin.command_id):
            return done
        for _ in range(_ATTEMPTS):
            append = plan()
            if append is None:
                return None
            try:
                return await self._writer.append(append)
            except WriteConflict as conflict:
                _log.debug("%s; deciding again", conflict)
        raise Conflict("too_busy", "Too much is changing here at the moment.", "Try again.")

    def _decide(self, origin: Origin, steps: Sequence[Step], *, together: bool) -> Append | None:
        decided: list[NewEvent] = []
        expected: dict[str, int] = {}
        for step in steps:
            reached = self._states.of(step.stream, step.decider)
            decided += [NewEvent(step.stream, event) for event in step.decider.decide(reached.state, step.command)]
            if not (decided or together):
                return None
            expected[step.stream] = reached.version
        return Append(origin=origin, expected=expected, events=tuple(decided)) if decided else None
