import asyncio
import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from itertools import count

import pytest

from ddesk.errors import AppendFailed, DeskError, WriteConflict
from ddesk.events.envelope import Recorded
from ddesk.events.generation import GenerationCompleted
from ddesk.store import writer as writer_module
from ddesk.store.event_log import EventLog, Outcome
from ddesk.store.log_reader import LogReader
from ddesk.store.records import Append, Appended
from ddesk.store.writer import LARGEST_BATCH, Writer
from tests.store.sample import append

pytestmark = pytest.mark.quick

SOON = 30
"""Seconds after which a test has failed instead of hanging."""


class Listener:
    """What follows a commit. `hold` keeps the writer's thread in it until `release`."""

    def __init__(self) -> None:
        self.batches: list[list[Recorded]] = []
        self.threads: set[str] = set()
        self.entered = threading.Semaphore(0)
        self._free = threading.Event()
        self._free.set()

    def __call__(self, events: Sequence[Recorded]) -> None:
        self.batches.append(list(events))
        self.threads.add(threading.current_thread().name)
        self.entered.release()
        assert self._free.wait(SOON)

    def hold(self) -> None:
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    @property
    def positions(self) -> list[int]:
        return [event.position for batch in self.batches for event in batch]


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def writer(log: EventLog, listener: Listener) -> Iterator[Writer]:
    writer = Writer(log, listener)
    yield writer
    listener.release()
    writer.close()


def _held(writer: Writer, listener: Listener) -> "Future[Appended]":
    """The writer is busy with the first append, and everything submitted now has to queue."""
    listener.hold()
    first = writer.submit(append("first"))
    assert listener.entered.acquire(timeout=SOON)
    return first


def test_an_append_is_acknowledged_with_its_positions(writer: Writer) -> None:
    assert writer.submit(append("job-1")).result(SOON) == Appended(1, 1)
    assert writer.submit(append("job-1", command_id="c")).result(SOON) == Appended(2, 2)
    assert writer.submit(append("job-1", command_id="c")).result(SOON) == Appended(2, 2, repeated=True)


def test_what_queues_up_during_one_commit_goes_together_in_the_next(writer: Writer, listener: Listener) -> None:
    first = _held(writer, listener)
    futures = [writer.submit(append(f"job-{n}")) for n in range(10)]
    listener.release()
    assert [future.result(SOON).first for future in (first, *futures)] == list(range(1, 12))
    assert [len(batch) for batch in listener.batches] == [1, 10]


def test_a_batch_has_a_largest_size(writer: Writer, listener: Listener) -> None:
    _held(writer, listener)
    futures = [writer.submit(append(f"job-{n}")) for n in range(LARGEST_BATCH + 3)]
    listener.release()
    assert futures[-1].result(SOON).first == LARGEST_BATCH + 4
    assert [len(batch) for batch in listener.batches] == [1, LARGEST_BATCH, 3]


def test_it_is_durable_before_and_acknowledged_after_what_follows_the_commit(
    writer: Writer, listener: Listener, reader: LogReader
) -> None:
    first = _held(writer, listener)
    assert reader.head().position == 1
    assert not first.done()
    listener.release()
    assert first.result(SOON) == Appended(1, 1)


def test_a_conflict_is_its_own_and_not_its_batchs(writer: Writer, listener: Listener) -> None:
    _held(writer, listener)
    good, late, bad = (
        writer.submit(append("job-1", expected=0)),
        writer.submit(append("job-1", expected=0)),
        writer.submit(append("job-2", GenerationCompleted(float("nan")))),
    )
    listener.release()
    assert good.result(SOON) == Appended(2, 2)
    assert isinstance(late.exception(SOON), WriteConflict)
    assert isinstance(bad.exception(SOON), DeskError)


def test_only_what_was_written_is_handed_on(writer: Writer, listener: Listener) -> None:
    writer.submit(append("job-1", command_id="c")).result(SOON)
    writer.submit(append("job-1", command_id="c")).result(SOON)
    writer.submit(append("job-1", expected=0)).exception(SOON)
    assert listener.positions == [1]


def test_an_acknowledgement_stands_whatever_follows_the_commit_does(
    log: EventLog, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(events: Sequence[Recorded]) -> None:
        raise ZeroDivisionError

    writer = Writer(log, fail)
    assert writer.submit(append("job-1")).result(SOON) == Appended(1, 1)
    assert writer.submit(append("job-1")).result(SOON) == Appended(2, 2)
    writer.close()
    assert "ZeroDivisionError" in caplog.text


class Doubtful(EventLog):
    """Its first commit reaches the log, but nobody can tell."""

    doubtful = True

    def append(self, batch: Sequence[Append]) -> list[Outcome]:
        before = self.head
        outcomes = super().append(batch)
        if not self.doubtful:
            return outcomes
        self.doubtful, self.head = False, before
        return [AppendFailed("log_unwritable", "Whether it was recorded is not known.")] * len(batch)


def test_events_of_a_commit_in_doubt_are_handed_on_with_the_next(log: EventLog, listener: Listener) -> None:
    writer = Writer(Doubtful(log._connection, log.location, log._clock), listener)
    assert isinstance(writer.submit(append("job-1", command_id="c")).exception(SOON), AppendFailed)
    assert listener.positions == []
    assert writer.submit(append("job-1")).result(SOON) == Appended(2, 2)
    assert writer.submit(append("job-1", command_id="c")).result(SOON) == Appended(1, 1, repeated=True)
    assert listener.positions == [1, 2]
    writer.close()


def test_a_batch_that_breaks_the_log_object_fails_and_the_writer_goes_on(
    log: EventLog, writer: Writer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(log, "_clock", lambda: 1 // 0)
    assert isinstance(writer.submit(append("job-1")).exception(SOON), AppendFailed)
    monkeypatch.undo()
    assert writer.submit(append("job-1")).result(SOON) == Appended(1, 1)
    assert "ZeroDivisionError" in caplog.text


def test_a_call_runs_in_turn_on_the_writers_thread(writer: Writer, listener: Listener, log: EventLog) -> None:
    _held(writer, listener)
    before = writer.submit(append("job-1"))
    seen = writer.call(lambda: (log.head.position, threading.current_thread().name))
    after = writer.submit(append("job-2"))
    listener.release()
    assert seen.result(SOON) == (2, *listener.threads)
    assert (before.result(SOON).first, after.result(SOON).first) == (2, 3)
    assert [len(batch) for batch in listener.batches] == [1, 1, 1]


def test_what_a_call_raises_is_its_callers(writer: Writer) -> None:
    with pytest.raises(ZeroDivisionError):
        writer.call(lambda: 1 // 0).result(SOON)
    assert writer.submit(append("job-1")).result(SOON) == Appended(1, 1)


def test_what_was_cancelled_while_it_waited_is_not_written(writer: Writer, listener: Listener, log: EventLog) -> None:
    _held(writer, listener)
    cancelled, kept = writer.submit(append("job-1")), writer.submit(append("job-2"))
    never = writer.call(lambda: 1)
    assert cancelled.cancel()
    assert never.cancel()
    listener.release()
    assert kept.result(SOON) == Appended(2, 2)
    assert log.head.position == 2


async def _in_a_loop(writer: Writer, listener: Listener) -> list[Appended | BaseException]:
    """Appends of one loop that have to wait for the writer, and so come in one batch."""
    listener.hold()
    writer.submit(append("first"))
    assert await asyncio.to_thread(listener.entered.acquire, timeout=SOON)
    commands = (append("job-1", expected=0), append("job-1", expected=0), append("job-2", expected=0))
    waiting = [asyncio.ensure_future(writer.append(command)) for command in commands]
    await asyncio.sleep(0)
    waiting[2].cancel()
    await asyncio.sleep(0)
    listener.release()
    return await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), SOON)


def test_code_in_an_event_loop_gets_the_same_answers(writer: Writer, listener: Listener, log: EventLog) -> None:
    done, late, cancelled = asyncio.run(_in_a_loop(writer, listener))
    assert done == Appended(2, 2)
    assert isinstance(late, WriteConflict)
    assert isinstance(cancelled, asyncio.CancelledError)
    assert [event.stream for event in log.read()] == ["first", "job-1"]


def test_a_batch_wakes_its_event_loop_once(writer: Writer, listener: Listener) -> None:
    async def appends() -> tuple[list[Appended], int]:
        loop, wake_ups = asyncio.get_running_loop(), count()
        really = loop.call_soon_threadsafe
        loop.call_soon_threadsafe = lambda *work, **more: (next(wake_ups), really(*work, **more))[1]  # type: ignore[method-assign]
        done = await asyncio.gather(*(writer.append(append(f"job-{n}")) for n in range(20)))
        return done, next(wake_ups)

    done, wake_ups = asyncio.run(appends())
    assert sorted(each.first for each in done) == list(range(1, 21))
    assert wake_ups == len(listener.batches)


def test_a_loop_that_is_gone_does_not_stop_the_writer(writer: Writer, listener: Listener) -> None:
    async def leave() -> None:
        listener.hold()
        asyncio.get_running_loop().create_task(writer.append(append("job-1")))
        assert await asyncio.to_thread(listener.entered.acquire, timeout=SOON)

    asyncio.run(leave())
    listener.release()
    assert writer.submit(append("job-1", expected=1)).result(SOON) == Appended(2, 2)


def test_closing_finishes_what_was_asked_for_and_takes_no_more(log: EventLog, listener: Listener) -> None:
    writer = Writer(log, listener)
    _held(writer, listener)
    waiting = [writer.submit(append(f"job-{n}")) for n in range(3)]
    listener.release()
    writer.close()
    assert [future.result(0).first for future in waiting] == [2, 3, 4]
    assert isinstance(writer.submit(append("job-9")).exception(0), AppendFailed)
    assert isinstance(writer.call(lambda: 1).exception(0), AppendFailed)
    with pytest.raises(AppendFailed):
        asyncio.run(writer.append(append("job-9")))


def test_clients_on_many_threads_get_every_position_once(writer: Writer, listener: Listener) -> None:
    positions: list[int] = []

    def client(name: int) -> None:
        outcomes = (writer.submit(append(f"job-{name}", expected=version)).result(SOON) for version in range(5))
        positions.extend(outcome.first for outcome in outcomes)

    threads = [threading.Thread(target=client, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(positions) == listener.positions == list(range(1, 41))


def test_an_overgrown_write_ahead_log_is_emptied(
    file_log: EventLog, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "WAL_LIMIT_BYTES", 0)
    writer = Writer(file_log, listener)
    writer.submit(append("job-1")).result(SOON)
    assert writer.call(file_log.wal_bytes).result(SOON) == 0
    writer.close()


def test_a_reader_that_keeps_it_from_being_emptied_is_told_of_and_stops_nothing(
    file_log: EventLog, listener: Listener, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer_module, "WAL_LIMIT_BYTES", 0)
    caplog.set_level(logging.WARNING)
    writer, reader = Writer(file_log, listener), LogReader.open(file_log.location)
    writer.submit(append("job-1")).result(SOON)
    reader._connection.execute("BEGIN")
    reader.head()
    assert writer.submit(append("job-1")).result(SOON) == Appended(2, 2)
    assert writer.call(file_log.wal_bytes).result(SOON) > 0
    assert "something reads on" in caplog.text
    reader._connection.execute("COMMIT")
    assert writer.call(file_log.shrink_wal).result(SOON)
    assert file_log.wal_bytes() == 0
    reader.close()
    writer.close()
