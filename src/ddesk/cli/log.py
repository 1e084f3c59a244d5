"""`ddesk log` and `ddesk rebuild`."""

import time

import msgspec

from ddesk.bootstrap import open_log, open_read_models
from ddesk.errors import Fault, NotFound
from ddesk.events.envelope import Recorded
from ddesk.paths import DataDir
from ddesk.server.views import event
from ddesk.store.connection import open_database
from ddesk.store.instance_lock import AlreadyLocked, InstanceLock
from ddesk.store.log_reader import LogReader
from ddesk.store.verify import verify as verify_chain


def tail(data: DataDir, count: int) -> int:
    """The newest events, the oldest of them first."""
    _must_exist(data)
    reader = LogReader.open(data.log)
    for recorded in reversed(reader.events(limit=count)):
        print(_line(recorded))
    reader.close()
    return 0


def _line(recorded: Recorded) -> str:
    told = event(recorded)
    data = msgspec.json.encode(told.data).decode()
    return f"{told.position:>8} {told.recorded_at} {told.actor:<10} {told.stream:<52} {told.type} {data}"


def verify(data: DataDir) -> int:
    """0 where every event is as it was appended; 1, naming the first that isn't."""
    _must_exist(data)
    connection = open_database(data.log, "log-reader")
    began = time.monotonic()
    found = verify_chain(connection)
    connection.close()
    if found.ok:
        seconds = time.monotonic() - began
        print(f"{found.head.position} events, all as they were written ({seconds:.2f} s).")
        print(f"The last one's hash is {found.head.hash.hex()}.")
        return 0
    where = "The log" if found.position is None else f"Event {found.position}"
    print(f"{where} is not as it was written: {found.why}.")
    print(f"The {found.head.position} events before are whole. Restore a backup, or keep a copy before going on.")
    return 1


def rebuild(data: DataDir) -> int:
    """Drop the read models and build them from the log. The desk must not be running."""
    _must_exist(data)
    try:
        with InstanceLock(data.lock):
            for old in data.root.glob("read-*"):
                old.unlink()
            began = time.monotonic()
            log = open_log(data)
            runner = open_read_models(data, log)
            progress = runner.progress()
            seconds = time.monotonic() - began
            print(f"{log.head.position} events read in {seconds:.2f} s.")
            runner.close()
            log.close()
    except AlreadyLocked as running:
        raise Fault("desk_running", "The desk is running on this directory.", "Close it first.") from running
    for each in progress:
        print(f"{each.name:<14} {'stalled: ' + each.stalled if each.stalled else 'built'}")
    return 1 if any(each.stalled for each in progress) else 0


def _must_exist(data: DataDir) -> None:
    if not data.log.exists():
        raise NotFound("no_log", f"There is no log in {data.root}.", "Name the data directory with --data-dir.")
