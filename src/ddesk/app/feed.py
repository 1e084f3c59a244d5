"""Carries what was appended, and what is only noticed, to whoever listens on the event loop."""

import asyncio
from collections.abc import Callable, Sequence

from ddesk.app.notices import Notice
from ddesk.events.envelope import Recorded

EventListener = Callable[[Sequence[Recorded]], None]
NoticeListener = Callable[[Notice], None]


class Feed:
    """Listeners are called on the loop, in order, and must not block or raise."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._event_listeners: list[EventListener] = []
        self._notice_listeners: list[NoticeListener] = []

    def on_events(self, listener: EventListener) -> Callable[[], None]:
        """Returns what ends it."""
        self._event_listeners.append(listener)
        return lambda: self._event_listeners.remove(listener)

    def on_notices(self, listener: NoticeListener) -> Callable[[], None]:
        """Returns what ends it."""
        self._notice_listeners.append(listener)
        return lambda: self._notice_listeners.remove(listener)

    def committed(self, events: Sequence[Recorded]) -> None:
        """Called by the writer's thread, after the projections have taken the events in."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_events, events)

    def notice(self, notice: Notice) -> None:
        """Called on the loop."""
        for listener in list(self._notice_listeners):
            listener(notice)

    def _tell_events(self, events: Sequence[Recorded]) -> None:
        for listener in list(self._event_listeners):
            listener(events)
