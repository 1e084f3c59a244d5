"""Carries what was appended, and what is only noticed, to whoever listens on the event loop."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from ddesk.app.notices import Notice, PreviewFrame
from ddesk.events.envelope import Recorded

_log = logging.getLogger(__name__)

News = TypeVar("News")
EventListener = Callable[[Sequence[Recorded]], None]
NoticeListener = Callable[[Notice], None]


class Feed:
    """Listeners are called on the loop, in order, and must not block; one that raises does not end the others.

    `position` is that of the last event told: read models hold all up to there, which may not be true of the log's end.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.position = 0
        self._loop = loop
        self._event_listeners: list[EventListener] = []
        self._notice_listeners: list[NoticeListener] = []
        self._preview_watchers: list[NoticeListener] = []

    def on_events(self, listener: EventListener) -> Callable[[], None]:
        """Returns what ends it."""
        self._event_listeners.append(listener)
        return lambda: self._event_listeners.remove(listener)

    def on_notices(self, listener: NoticeListener, *, previews: bool = True) -> Callable[[], None]:
        """Returns what ends it. Without `previews` it hears of everything else."""
        listeners = [self._notice_listeners, *([self._preview_watchers] if previews else [])]
        for each in listeners:
            each.append(listener)

        def end() -> None:
            for each in listeners:
                each.remove(listener)

        return end

    @property
    def previews_are_watched(self) -> bool:
        """Whether anybody would see a preview: making one costs as much as a step or more."""
        return bool(self._preview_watchers)

    def committed(self, events: Sequence[Recorded]) -> None:
        """Called by the writer's thread, after the projections have taken the events in."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_events, events)

    def notice(self, notice: Notice) -> None:
        """Called on the loop."""
        listeners = self._preview_watchers if isinstance(notice, PreviewFrame) else self._notice_listeners
        _tell(listeners, notice)

    def _tell_events(self, events: Sequence[Recorded]) -> None:
        self.position = events[-1].position
        _tell(self._event_listeners, events)


def _tell(listeners: Sequence[Callable[[News], None]], news: News) -> None:
    for listener in list(listeners):
        try:
            listener(news)
        except Exception:
            _log.exception("A listener failed")
