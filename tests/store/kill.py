"""Kills a process that is at work, over and over, and looks at what it leaves each time.

`python -m tests.store.kill FOLDER KILLS SEED WORK` prints one line per kill that did harm. WORK is `append`: several
threads append at once; or `rebuild`: the read models are built anew without end. It is a program of its own, as it
forks: each victim starts from a process that has everything loaded and no thread and no file open.
"""

import os
import random
import signal
import struct
import sys
import threading
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

import apsw

from ddesk.events.envelope import NewEvent, Origin, Recorded
from ddesk.events.ids import new_id
from ddesk.events.job import JobFailed
from ddesk.paths import migrations
from ddesk.projections.runner import Runner
from ddesk.store.connection import open_database
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from ddesk.store.writer import Append, Writer
from tests.store.power_cut import Setting, Tally, aftermath, read_models

CLIENTS = 8
EVENTS_TO_REBUILD = 60
_ACKNOWLEDGED = struct.Struct("36sQ")
"""A command's id and its last position. A pipe takes so few bytes whole or not at all."""


class Work(NamedTuple):
    """What the victim does for good, and how often at most it is heard before it is killed."""

    do: Callable[[Path, int], None]
    heard_at_most: int


def append(folder: Path, told: int) -> None:
    """Append from several clients at once, and tell of each acknowledgement."""
    log = EventLog.open(folder / "log.db", migrations())
    log._connection.wal_autocheckpoint(40)
    writer = Writer(log, read_models(folder, log).apply)
    clients = [threading.Thread(target=_append_on_and_on, args=(writer, told)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()


def _append_on_and_on(writer: Writer, told: int) -> None:
    stream = f"job-{new_id()}"
    while True:
        command = new_id()
        event = JobFailed(code="", words="b", detail="x" * random.choice((0, 300, 9000)))
        origin = Origin(command_id=command, correlation_id=command, actor="desk")
        appended = writer.submit(Append(origin, {}, (NewEvent(stream, event),))).result()
        os.write(told, _ACKNOWLEDGED.pack(command.encode(), appended.last))


class _Telling(Tally):
    """Tells of each event that it has taken in, so that the victim can be killed at any."""

    def __init__(self, version: int, told: int) -> None:
        super().__init__(version)
        self._told = told

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None:
        super().apply(db, recorded)
        os.write(self._told, _ACKNOWLEDGED.pack(recorded.command_id.encode(), recorded.position))


def rebuild(folder: Path, told: int) -> None:
    """Build the read models of one version after the other, and tell of each event that is taken in."""
    log = EventLog.open(folder / "log.db", migrations())
    for number in range(EVENTS_TO_REBUILD - log.head.position):
        command = new_id()
        event = JobFailed(code="", words="b", detail=str(number))
        origin = Origin(command_id=command, correlation_id=command, actor="desk")
        log.append([Append(origin, {}, (NewEvent(f"job-{number % 7}", event),))])
    for version in count(2):
        Runner(folder, [_Telling(version, told)], log, lambda path: open_database(path, "read")).close()


WORKS = {"append": Work(append, 60), "rebuild": Work(rebuild, 3 * EVENTS_TO_REBUILD)}


def kill_once(folder: Path, work: Work, heard_first: int) -> list[tuple[str, int]]:
    """Start a victim, kill it after it was heard so often, and return all that it told of."""
    told, tell = os.pipe()
    victim = os.fork()
    if victim == 0:
        os.close(told)
        work.do(folder, tell)
        os._exit(1)
    os.close(tell)
    with os.fdopen(told, "rb") as pipe:
        heard = pipe.read(_ACKNOWLEDGED.size * heard_first)
        os.kill(victim, signal.SIGKILL)
        heard += pipe.read()
    os.waitpid(victim, 0)
    return [(command.decode(), last) for command, last in _ACKNOWLEDGED.iter_unpack(heard)]


def harm(folder: Path, acknowledged: Sequence[tuple[str, int]]) -> str:
    """What is wrong with the files; nothing where all that was acknowledged is there."""
    return _half_built(folder) or aftermath(Setting(folder, migrations()), None) or _lost(folder, acknowledged)


def _half_built(folder: Path) -> str:
    """Whatever has a read file's name was whole when it got it."""
    for path in folder.glob("read-*.db"):
        db = open_database(path, "read")
        seen, rows = (db.execute(f"select {what}").get for what in ("position from seen", "sum(events) from tally"))
        structure = db.pragma("integrity_check")
        db.close()
        if structure != "ok" or (rows or 0) != seen:
            return f"{path.name} is half built: {structure}, {rows} events of {seen}"
    return ""


def _lost(folder: Path, acknowledged: Sequence[tuple[str, int]]) -> str:
    reader = LogReader.open(folder / "log.db")
    found = {command: reader.command(command) for command, _ in acknowledged}
    reader.close()
    lost = [command for command, last in acknowledged if (there := found[command]) is None or there.last != last]
    return f"lost: {lost}" if lost else ""


def main(folder: Path, kills: int, seed: int, work: Work) -> None:
    chance = random.Random(seed)
    for number in range(kills):
        place = folder / str(number // 50)
        place.mkdir(exist_ok=True)
        heard_first = chance.randint(0, work.heard_at_most)
        if words := harm(place, kill_once(place, work, heard_first)):
            print(f"kill {number}: {words}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), WORKS[sys.argv[4]])
