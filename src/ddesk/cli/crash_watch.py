"""Sees to it that a desk which ends by mistake leaves a report, whatever the mistake is."""

import asyncio
import contextlib
import faulthandler
import logging
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from ddesk.errors import DeskError, Fault
from ddesk.store.crash_reports import Mark, settle

_log = logging.getLogger(__name__)
_ASK_TO_END = ("SIGTERM", "SIGHUP", "SIGBREAK")


class Watch:
    """What goes on unseen: other threads, the event loop, native code, and being asked to end."""

    def __init__(self, mark: Mark) -> None:
        self._mark = mark

    def follow(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.set_exception_handler(self._failed_in_loop)

    def asked_to_end(self) -> None:
        """By a person or the system, so that an end is no crash. May be called in a signal's handler."""
        self._mark.asked_to_end()

    def begin(self) -> None:
        threading.excepthook = self._failed_in_thread
        if self._mark.handle is not None:
            faulthandler.enable(self._mark.handle)
        for name in _ASK_TO_END:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._end_at_once)

    def _failed_in_thread(self, failed: threading.ExceptHookArgs) -> None:
        if isinstance(failed.exc_value, Exception):
            self._mark.note(failed.exc_value)
            name = failed.thread.name if failed.thread else "?"
            _log.critical("An exception ended the thread %s", name, exc_info=failed.exc_value)

    def _failed_in_loop(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A peer that went away in the middle of a word is nobody's mistake."""
        error = context.get("exception")
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self._mark.note(error)
        loop.default_exception_handler(context)

    def _end_at_once(self, number: int, _frame: object) -> None:
        """Before the desk is there nothing needs to be put in order."""
        self.asked_to_end()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)


@contextlib.contextmanager
def watched(folder: Path, version: str) -> Iterator[Watch]:
    """While a desk is open, which must be the only one with this folder of logs. An earlier one's end is settled first.

    What nobody caught is raised as a Fault, whose words name the report.
    """
    _tell_of_the_last(folder)
    mark = Mark(folder, version)
    watch = Watch(mark)
    watch.begin()
    try:
        yield watch
    except (DeskError, OSError):
        raise
    except Exception as mistake:
        mark.note(mistake)
        _close(mark, in_order=False)
        _log.critical("The desk made a mistake that ends it", exc_info=mistake)
        raise Fault(
            "desk_failed",
            f"The desk made a mistake and had to end: {type(mistake).__name__}: {mistake}",
            f"Start it again: nothing is lost. A report is in {folder}.",
        ) from mistake
    finally:
        _close(mark, in_order=True)


def _tell_of_the_last(folder: Path) -> None:
    """Here for who reads the terminal; the page tells it until that is dismissed."""
    with contextlib.suppress(OSError):
        if crash := settle(folder, machine_started_at=psutil.boot_time()):
            _log.warning("The desk that was open before did not end in order. %s", crash.words)


def _close(mark: Mark, *, in_order: bool) -> None:
    faulthandler.disable()
    with contextlib.suppress(OSError):
        mark.close(in_order=in_order)
