"""The events that undo others, planned in memory: each is judged against what undoing the later ones leaves behind."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from ddesk.app.streams import DECIDERS, folded
from ddesk.domain.image import TrashImage
from ddesk.domain.queue import ReorderQueue, Waiting
from ddesk.domain.undo import Scene, Undoing, undo, verdict
from ddesk.events.envelope import NewEvent, Recorded
from ddesk.projections import gallery, generations

_QUEUE = "queue"
_LATER = 1 << 61
"""Beyond every position there will be."""


class Left(Struct, frozen=True):
    """What of the event at `position` is not undone: a `field` that was changed since, or all of it, as `words` say."""

    position: int
    stream: str
    field: str = ""
    words: str = ""


class Plan:
    """`waiting` is the queue as it is now. Events are to be undone newest first.

    `undoable` counts those that can be, `undone` are those for which there was something to do.
    """

    def __init__(
        self,
        read: Callable[[str], Sequence[Recorded]],
        waiting: Waiting,
        *,
        is_forgotten: Callable[[str], bool] = lambda _: False,
        actor: str = "user",
        force: bool = False,
    ) -> None:
        self._read = read
        self._is_forgotten = is_forgotten
        self._waiting = waiting.copy()
        self._actor = actor
        self.force = force
        self._now: dict[str, Any] = {}
        self.undoable = 0
        self.expected: dict[str, int] = {}
        self.events: list[NewEvent] = []
        self.undone: list[Recorded] = []
        self.left: list[Left] = []

    def undo(self, recorded: Recorded) -> None:
        """What can't be undone by its nature is passed over; what was overtaken since is told in `left`."""
        if not verdict(recorded.event).undoable:
            return
        self.undoable += 1
        stream = recorded.stream
        scene = Scene(
            id=_id_of(stream),
            before=folded(stream, self._read(stream)[: recorded.version - 1]),
            now=self._state(stream),
            waiting=self._waiting.order if stream.startswith((generations.PREFIX, _QUEUE)) else (),
            forgotten=stream.startswith(generations.PREFIX) and self._is_forgotten(stream),
            actor=self._actor,
            force=self.force,
        )
        self._follow(recorded, undo(recorded.event, scene))

    def _follow(self, recorded: Recorded, found: Undoing) -> None:
        planned = len(self.events)
        for command in found.commands:
            self.do(recorded.stream, command)
        for image_id in found.trash:
            self._trash(gallery.PREFIX + image_id)
        if found.order:
            self.do(_QUEUE, ReorderQueue(wanted=found.order, waiting=self._waiting.order))
        if len(self.events) > planned:
            self.undone.append(recorded)
        self.left += [Left(recorded.position, recorded.stream, field) for field in found.superseded]
        if found.why_not:
            self.left.append(Left(recorded.position, recorded.stream, words=found.why_not))

    def do(self, stream: str, command: Any) -> None:
        decider, state = DECIDERS[stream.partition("-")[0]], self._state(stream)
        for event in decider.decide(state, command):
            self._waiting.apply(_id_of(stream), _LATER + len(self.events), event)
            self.events.append(NewEvent(stream, event))
            state = decider.evolve(state, event)
        self._now[stream] = state

    def _trash(self, stream: str) -> None:
        if not self._state(stream).purged:
            self.do(stream, TrashImage())

    def _state(self, stream: str) -> Any:
        if stream not in self._now:
            story = self._read(stream)
            self.expected[stream] = len(story)
            self._now[stream] = folded(stream, story)
        return self._now[stream]


def _id_of(stream: str) -> str:
    """Of what it is about."""
    return stream.partition("-")[2]
