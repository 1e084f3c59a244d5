"""Kills a process that appends from several threads, over and over, and looks at the log each time.

`python -m tests.store.kill FOLDER KILLS SEED` prints one line per kill that did harm. It is a program of its own, as
it forks: each victim starts from a process that has everything loaded and no thread and no file open.
"""

import os
import random
import signal
import struct
import sys
import threading
from pathlib import Path

from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.ids import new_id
from ddesk.events.job import JobFailed
from ddesk.paths import migrations
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from ddesk.store.writer import Append, Writer
from tests.store.power_cut import aftermath, read_models

CLIENTS = 8
MOST_ACKNOWLEDGED = 60
_ACKNOWLEDGED = struct.Struct("36sQ")
"""A command's id and its last position. A pipe takes so few bytes whole or not at all."""


def work(folder: Path, told: int) -> None:
    """Append for good, from several clients at once, and tell of each acknowledgement."""
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
        event = JobFailed(code="a", words="b", detail="x" * random.choice((0, 300, 9000)))
        origin = Origin(command_id=command, correlation_id=command, actor="desk")
        appended = writer.submit(Append(origin, {}, (NewEvent(stream, event),))).result()
        os.write(told, _ACKNOWLEDGED.pack(command.encode(), appended.last))


def kill_once(folder: Path, acknowledgements: int) -> list[tuple[str, int]]:
    """Start a victim, kill it after that many acknowledgements, and return all that it told of."""
    told, tell = os.pipe()
    victim = os.fork()
    if victim == 0:
        os.close(told)
        work(folder, tell)
        os._exit(1)
    os.close(tell)
    with os.fdopen(told, "rb") as pipe:
        heard = pipe.read(_ACKNOWLEDGED.size * acknowledgements)
        os.kill(victim, signal.SIGKILL)
        heard += pipe.read()
    os.waitpid(victim, 0)
    return [(command.decode(), last) for command, last in _ACKNOWLEDGED.iter_unpack(heard)]


def harm(folder: Path, acknowledged: list[tuple[str, int]]) -> str:
    """What is wrong with the log; nothing where all that was acknowledged is there."""
    return aftermath(folder, None) or _lost(folder, acknowledged)


def _lost(folder: Path, acknowledged: list[tuple[str, int]]) -> str:
    reader = LogReader.open(folder / "log.db")
    found = {command: reader.command(command) for command, _ in acknowledged}
    reader.close()
    lost = [command for command, last in acknowledged if (there := found[command]) is None or there.last != last]
    return f"lost: {lost}" if lost else ""


def main(folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(kills):
        place = folder / str(number // 50)
        place.mkdir(exist_ok=True)
        if words := harm(place, kill_once(place, chance.randint(0, MOST_ACKNOWLEDGED))):
            print(f"kill {number}: {words}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
