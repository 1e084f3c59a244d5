"""The log and the read file at work, and what is left of both when the power goes at some moment."""

import random
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from ddesk.errors import Fault
from ddesk.events.envelope import NewEvent, Origin, Recorded
from ddesk.events.job import JobFailed
from ddesk.paths import migrations
from ddesk.projections.runner import Runner
from ddesk.store.connection import open_database
from ddesk.store.event_log import EventLog
from ddesk.store.records import Head
from ddesk.store.writer import Append
from tests.store.recorded_disk import Operation, RecordedDisk, cut

BATCHES = 40
CHECKPOINT_PAGES = 40


class Tally:
    """How many events each stream has."""

    name = "tally"
    version = 1
    schema = ("create table tally (stream text primary key, events integer not null) strict, without rowid",)

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None:
        db.execute(
            "insert into tally values (?, 1) on conflict do update set events = events + 1",
            (recorded.stream,),
        )


class History(NamedTuple):
    """What the disk held at first, and all that was done to it since."""

    before: dict[str, bytes]
    operations: list[Operation]


def read_models(folder: Path, log: EventLog, vfs: str | None = None) -> Runner:
    return Runner(folder, [Tally()], log, partial(open_database, profile="read", vfs=vfs))


def record(folder: Path, chance: random.Random, synchronous: int | None = None) -> History:
    """Work on a recorded disk. `synchronous` overrides how the log makes its commits durable."""
    log = EventLog.open(folder / "log.db", migrations())
    read_models(folder, log).close()
    log.close()
    before = {path.name: path.read_bytes() for path in folder.glob("*.db")}
    disk = RecordedDisk("recorded")
    try:
        _work(folder, disk, chance, synchronous)
    finally:
        disk.unregister()
    return History(before, disk.operations)


def _work(folder: Path, disk: RecordedDisk, chance: random.Random, synchronous: int | None) -> None:
    log = EventLog.open(folder / "log.db", migrations(), vfs=disk.name)
    # Checkpoints come so seldom that a short history would have none.
    log._connection.wal_autocheckpoint(CHECKPOINT_PAGES)
    if synchronous is not None:
        log._connection.pragma("synchronous", synchronous)
    models = read_models(folder, log, disk.name)
    for number in range(BATCHES):
        position = log.head.position
        log.append([_append(f"{number}-{n}", chance) for n in range(chance.randint(1, 4))])
        models.apply(list(log.read(position)))
        disk.acknowledge(log.head)
        if chance.random() < 0.1:
            log.shrink_wal()
    models.close()
    log.close()


def _append(command_id: str, chance: random.Random) -> Append:
    detail = "x" * chance.choice((0, 300, 9000))
    event = JobFailed(code="a", words="b", detail=detail)
    new = tuple(NewEvent(f"job-{chance.randrange(12)}", event) for _ in range(chance.randint(1, 3)))
    return Append(Origin(command_id=command_id, correlation_id=command_id, actor="desk"), {}, new)


def harm(history: History, folder: Path, chance: random.Random) -> str:
    """What a power cut at a random moment did, in words; nothing where all that was acknowledged is there."""
    moment = chance.randint(1, len(history.operations))
    remains = cut(history.before, history.operations[:moment], chance)
    remains.lay_out(folder)
    return aftermath(folder, remains.acknowledged)


def aftermath(folder: Path, acknowledged: Head | None) -> str:
    """What is wrong with the log and the read file in this folder, opened as the desk does; empty where nothing is."""
    try:
        log = EventLog.open(folder / "log.db", migrations())
    except Fault as fault:
        return fault.words
    try:
        return log.verify(acknowledged).why or _differences(folder, log)
    finally:
        log.close()


def _differences(folder: Path, log: EventLog) -> str:
    models = read_models(folder, log)
    db = open_database(models.path, "read-reader")
    rows: list[tuple[Any, ...]] = db.execute("select stream, events from tally").fetchall()
    shown = dict(rows)
    db.close()
    models.close()
    told = Counter(recorded.stream for recorded in log.read())
    return "" if shown == told else f"the read models show {shown}, the log tells of {told}"
