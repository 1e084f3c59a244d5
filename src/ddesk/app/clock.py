"""Time as the desk's own duties wait for it, so that a test can have it pass."""

import asyncio
import contextlib
import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds, from any beginning."""

    async def until(self, moment: float | None, changed: asyncio.Event) -> None:
        """Returns once it is that late, or something has changed; None is never."""


class RealClock:
    def now(self) -> float:
        return time.monotonic()

    async def until(self, moment: float | None, changed: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if moment is None else max(moment - self.now(), 0.0)):
                await changed.wait()
