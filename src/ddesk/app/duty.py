"""What a desk does for as long as it is open, whatever happens: the one place where a mistake of its own may end up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ddesk.app.feed import Feed
from ddesk.app.notices import Alert
from ddesk.errors import AppendFailed, DeskError

Result = TypeVar("Result")

HINDRANCES = (AppendFailed, OSError)
"""A full disk, for the most part: nobody's mistake, and over some time."""

_log = logging.getLogger(__name__)
_SECONDS_BEFORE_TRYING_AGAIN = 5.0


class Duty:
    """Goes on turn after turn. A turn that fails is logged, told once, and shown as `stalled` until one goes well.

    `what` it is for is the subject of a sentence, in the plural.
    """

    def __init__(
        self,
        name: str,
        what: str,
        turn: Callable[[], Awaitable[object]],
        feed: Feed,
        seconds_before_trying_again: float = _SECONDS_BEFORE_TRYING_AGAIN,
    ) -> None:
        self.name = name
        self._what = what
        self.stalled: str | None = None
        self._turn = turn
        self._feed = feed
        self._seconds = seconds_before_trying_again

    async def run(self) -> None:
        """For good, until it is cancelled."""
        while True:
            await self.once()

    async def once(self) -> None:
        """One turn, tried again until it goes well."""
        while True:
            try:
                await self._turn()
            except Exception as wrong:
                await self._pause(wrong)
            else:
                self.stalled = None
                return

    async def outlast(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        """What `attempt` returns, tried again for as long as only the disk is in the way."""
        while True:
            try:
                result = await attempt()
            except HINDRANCES as hindrance:
                await self._pause(hindrance)
            else:
                self.stalled = None
                return result

    async def _pause(self, wrong: Exception) -> None:
        in_words = isinstance(wrong, (DeskError, OSError))
        words = str(wrong) if in_words else f"{type(wrong).__name__}: {wrong}"
        _log.error("%s is held up: %s", self.name, words, exc_info=None if in_words else wrong)
        if self.stalled is None:
            self._feed.notice(Alert(level="error", code="held_up", title=f"{self._what} are held up", words=words))
        self.stalled = words
        await asyncio.sleep(self._seconds)
