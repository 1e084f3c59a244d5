"""Questions that may take longer than the event loop can wait: each on a thread of its own, and within a deadline."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import apsw
from msgspec import Struct

from ddesk.errors import Fault
from ddesk.store.log_reader import STEPS_BETWEEN_LOOKS, LogReader

T = TypeVar("T")

SECONDS = 5.0


class Sources(Struct, frozen=True):
    """What a question is put to: the log and the read models, through connections that one thread uses."""

    reader: LogReader
    read_models: apsw.Connection

    def watch(self, is_over: Callable[[], bool] | None) -> None:
        """End whatever runs once `is_over` says so."""
        self.reader.watch(is_over)
        self.read_models.set_progress_handler(is_over, STEPS_BETWEEN_LOOKS)

    def close(self) -> None:
        self.reader.close()
        self.read_models.close()


class Searches:
    """Answers one question after the other. `sources` are its own: nobody else may use them."""

    def __init__(self, sources: Sources, seconds: float = SECONDS) -> None:
        self._sources = sources
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="searches")

    async def ask(self, question: Callable[[Sources], T]) -> T:
        """Raises Fault `took_too_long`, and what the question raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, question)

    def _answer(self, question: Callable[[Sources], T]) -> T:
        ends = time.monotonic() + self._seconds
        self._sources.watch(lambda: time.monotonic() > ends)
        try:
            return question(self._sources)
        except (apsw.Error, Fault) as error:
            if time.monotonic() <= ends:
                raise
            raise Fault(
                "took_too_long",
                f"Nothing was found within {self._seconds:g} s.",
                "Ask for a shorter time, or for more of its words.",
            ) from error
        finally:
            self._sources.watch(None)

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)
