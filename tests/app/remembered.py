"""A log in memory, on which commands are given and undone as the desk does it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from ddesk.app.streams import DECIDERS, folded
from ddesk.app.undo_plan import Plan
from ddesk.domain.generation import CancelGeneration, PrioritizeGeneration, RecordImage
from ddesk.domain.queue import ReorderQueue, Waiting
from ddesk.domain.settings import RecordSetting
from ddesk.errors import Refused
from ddesk.events.envelope import NewEvent, Recorded
from ddesk.events.generation import ImageGenerated
from tests.domain.samples import added


class Remembered:
    def __init__(self) -> None:
        self.streams: dict[str, list[Recorded]] = defaultdict(list)
        self.log: list[Recorded] = []
        self.waiting = Waiting()

    def give(self, stream: str, command: Any) -> list[Recorded]:
        """What the command led to; nothing where it was refused."""
        kind, _, id_ = stream.partition("-")
        try:
            decided = DECIDERS[kind].decide(self.state(stream), self._in_place(id_, command))
        except Refused:
            return []
        return self.keep([NewEvent(stream, event) for event in decided] + _pictures_of(id_, decided))

    def _in_place(self, id_: str, command: Any) -> Any:
        """Some commands say what is there now."""
        if isinstance(command, (CancelGeneration, PrioritizeGeneration)):
            return msgspec.structs.replace(command, ahead=self.waiting.ahead_of(id_))
        if isinstance(command, ReorderQueue):
            waiting = self.waiting.order
            return ReorderQueue(wanted=tuple(each for each in command.wanted if each in waiting), waiting=waiting)
        if isinstance(command, RecordImage):
            made = msgspec.structs.replace(command.image, image_id=f"{id_}-{command.image.index}")
            return RecordImage(made)
        if isinstance(command, RecordSetting):
            known = self.state("settings").values
            old = known.get(command.change.key, command.change.old)
            return RecordSetting(msgspec.structs.replace(command.change, old=old))
        return command

    def keep(self, events: Sequence[NewEvent]) -> list[Recorded]:
        return [self._keep(new.stream, new.event) for new in events]

    def _keep(self, stream: str, event: Any) -> Recorded:
        position, kind = len(self.log) + 1, type(event).__name__
        version = len(self.streams[stream]) + 1
        kept = Recorded(position, stream, version, kind, 1, 0, b"", "c", None, "c", "user", event)
        self.streams[stream].append(kept)
        self.log.append(kept)
        self.waiting.apply(stream.partition("-")[2], position, event)
        return kept

    def plan(self, undone: Sequence[Recorded], *, force: bool = False) -> Plan:
        """What would undo these events of one command."""
        plan = Plan(lambda stream: self.streams[stream], self.waiting, force=force)
        for recorded in reversed(undone):
            plan.undo(recorded)
        return plan

    def undo(self, undone: Sequence[Recorded], *, force: bool = False) -> list[Recorded]:
        return self.keep(self.plan(undone, force=force).events)

    def state(self, stream: str) -> Any:
        return folded(stream, self.streams[stream])

    def states(self) -> dict[str, Any]:
        return {stream: self.state(stream) for stream in self.streams}


def _pictures_of(id_: str, decided: Sequence[Any]) -> list[NewEvent]:
    """Each is told of by its own stream too, in one transaction."""
    made = [event.image_id for event in decided if isinstance(event, ImageGenerated)]
    return [NewEvent(f"image-{image_id}", added(id_)) for image_id in made]
