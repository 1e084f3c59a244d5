"""Ends a desk that nobody looks at any more, where a person wants that."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol


class Timer(Protocol):
    def cancel(self) -> None: ...


class Attendance:
    """Counts the pages that are open. `over` is set once the last was closed, the grace time has passed and the desk
    is at rest; never before a page was there, and never while something is being made.

    `grace_seconds` of 0 keep the desk open for good. `later` calls back after so many seconds.
    """

    def __init__(
        self, grace_seconds: float, is_busy: Callable[[], bool], later: Callable[[float, Callable[[], None]], Timer]
    ) -> None:
        self.over = asyncio.Event()
        self.pages = 0
        self.grace_seconds = grace_seconds
        self._is_busy = is_busy
        self._later = later
        self._timer: Timer | None = None

    @contextmanager
    def page(self) -> Iterator[None]:
        """A page is open."""
        self.pages += 1
        self._forget()
        try:
            yield
        finally:
            self.pages -= 1
            if self.pages == 0:
                self._wait()

    def _wait(self) -> None:
        self._forget()
        if self.grace_seconds > 0:
            self._timer = self._later(self.grace_seconds, self._time_is_up)

    def _time_is_up(self) -> None:
        if self._is_busy():
            self._wait()
        else:
            self.over.set()

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
