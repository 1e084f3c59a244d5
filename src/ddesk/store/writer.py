"""The one thread that writes the log."""

import asyncio
import logging
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from ddesk.errors import AppendFailed
from ddesk.events.envelope import Recorded
from ddesk.store.event_log import EventLog, Outcome
from ddesk.store.records import Append as Append
from ddesk.store.records import Appended as Appended

T = TypeVar("T")

LARGEST_BATCH = 256
WAL_LIMIT_BYTES = 64 << 20

_logger = logging.getLogger(__name__)


class _Submission(NamedTuple):
    append: Append
    future: Future[Appended] | asyncio.Future[Appended]

    def is_wanted(self) -> bool:
        """False where it was cancelled while it waited."""
        if isinstance(self.future, asyncio.Future):
            return not self.future.cancelled()
        return self.future.set_running_or_notify_cancel()


class _Call(NamedTuple):
    function: Callable[[], Any]
    future: Future[Any]

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(self.function())
        except BaseException as error:
            self.future.set_exception(error)


class Writer:
    """Appends what is asked for from any thread, in order, with natural group commit.

    While one commit waits for the disk others queue up, and go together in the next. `after_commit` is called on this
    thread with each event of the log once, in order and with no gap; it keeps what it has to say about failures to
    itself, as what is in the log can't be refused any more.
    """

    def __init__(self, log: EventLog, after_commit: Callable[[Sequence[Recorded]], None]) -> None:
        self._log = log
        self._after_commit = after_commit
        self._delivered = log.head.position
        self._waiting: deque[_Submission | _Call] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._wal_limit = WAL_LIMIT_BYTES
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    def submit(self, append: Append) -> Future[Appended]:
        """Resolves once the events are durable and `after_commit` has returned.

        Fails with WriteConflict, with AppendFailed, or with DeskError for an event that can't be encoded.
        """
        future: Future[Appended] = Future()
        self._enqueue(_Submission(append, future))
        return future

    async def append(self, append: Append) -> Appended:
        """As `submit`, for code in an event loop: a batch is acknowledged by one wake-up, which costs as much as it."""
        future: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._enqueue(_Submission(append, future))
        return await future

    def call(self, function: Callable[[], T]) -> Future[T]:
        """Run `function` on the writer's thread between two batches; the future has what it returns or raises."""
        call = _Call(function, Future())
        self._enqueue(call)
        return call.future

    def close(self) -> None:
        """Finish what was asked for so far, then end. The log stays open."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _enqueue(self, item: _Submission | _Call) -> None:
        with self._changed:
            if self._closed:
                item.future.set_exception(AppendFailed("log_closed", "The desk is closing.", "Start it again."))
            else:
                self._waiting.append(item)
                self._changed.notify()

    def _run(self) -> None:
        while taken := self._take():
            if isinstance(taken, _Call):
                taken.run()
            else:
                self._write([each for each in taken if each.is_wanted()])

    def _take(self) -> list[_Submission] | _Call | None:
        """The call at the front of the queue, or the appends there; None when closed and done."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return None
            first = self._waiting.popleft()
            if isinstance(first, _Call):
                return first
            batch = [first]
            while len(batch) < LARGEST_BATCH and self._waiting and isinstance(self._waiting[0], _Submission):
                batch.append(self._waiting[0])
                self._waiting.popleft()
            return batch

    def _write(self, batch: Sequence[_Submission]) -> None:
        outcomes = self._append([each.append for each in batch])
        self._deliver()
        _acknowledge([(each.future, outcome) for each, outcome in zip(batch, outcomes, strict=True)])
        self._watch_wal()

    def _watch_wal(self) -> None:
        """SQLite empties the write-ahead log now and then by itself, unless one reader or other is always there."""
        size = self._log.wal_bytes()
        if size <= self._wal_limit:
            return
        if self._log.shrink_wal():
            self._wal_limit = WAL_LIMIT_BYTES
        else:
            _logger.warning("the log's write-ahead file has grown to %d bytes: something reads on and on", size)
            self._wal_limit = 2 * size

    def _append(self, batch: Sequence[Append]) -> Sequence[Outcome]:
        try:
            return self._log.append(batch)
        except Exception as error:
            _logger.exception("a batch could not be appended")
            return [AppendFailed("log_unwritable", f"Nothing was recorded: {error}")] * len(batch)

    def _deliver(self) -> None:
        """Hand on what the log holds and nobody was told of: also what an earlier commit was in doubt about."""
        head = self._log.head.position
        if head <= self._delivered:
            return
        try:
            events = tuple(self._log.read(self._delivered, head))
        except Exception:
            _logger.exception("events after %d can't be read back; they follow with the next", self._delivered)
            return
        self._delivered = head
        try:
            self._after_commit(events)
        except Exception:
            _logger.exception("what follows a commit failed for events up to %d", head)


def _acknowledge(outcomes: Sequence[tuple[Future[Appended] | asyncio.Future[Appended], Outcome]]) -> None:
    by_loop = defaultdict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Appended], Outcome]]](list)
    for future, outcome in outcomes:
        if isinstance(future, asyncio.Future):
            by_loop[future.get_loop()].append((future, outcome))
        else:
            _resolve(future, outcome)
    for loop, its_outcomes in by_loop.items():
        with suppress(RuntimeError):  # on a loop that was closed nobody waits any more
            loop.call_soon_threadsafe(_resolve_all, its_outcomes)


def _resolve_all(outcomes: Sequence[tuple[asyncio.Future[Appended], Outcome]]) -> None:
    for future, outcome in outcomes:
        if not future.done():
            _resolve(future, outcome)


def _resolve(future: Future[Appended] | asyncio.Future[Appended], outcome: Outcome) -> None:
    if isinstance(outcome, Appended):
        future.set_result(outcome)
    else:
        future.set_exception(outcome)
