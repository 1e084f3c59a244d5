"""`ddesk log` and `ddesk rebuild`."""

import argparse
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec

from ddesk import paths
from ddesk.bootstrap import VERSION, open_log, open_read_models
from ddesk.cli.offline import exclusively, refuse_inside
from ddesk.errors import Conflict, NotFound
from ddesk.events.envelope import Recorded
from ddesk.events.redaction import KINDS
from ddesk.paths import DataDir
from ddesk.server.views import event
from ddesk.store.connection import open_database
from ddesk.store.event_log import now
from ddesk.store.export import Selection
from ddesk.store.export import export as write_export
from ddesk.store.importing import import_log
from ddesk.store.log_reader import LogReader
from ddesk.store.verify import verify as verify_chain


def log(given: argparse.Namespace, data: DataDir) -> int:
    match given.log_command:
        case "verify":
            return verify(data)
        case "export":
            return export(given, data)
        case "import":
            return take_in(data, given.file)
        case _:
            return tail(data, given.n)


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
    open_again = partial(open_database, data.log, "log-reader")
    began = time.monotonic()
    with closing(open_again()) as connection:
        found = verify_chain(connection, open_again=open_again)
    if found.ok:
        seconds = time.monotonic() - began
        print(f"{found.head.position} events, all as they were written ({seconds:.2f} s).")
        print(f"The last one's hash is {found.head.hash.hex()}.")
        return 0
    where = "The log" if found.position is None else f"Event {found.position}"
    print(f"{where} is not as it was written: {found.why}.")
    print(f"The {found.head.position} events before are whole. Restore a backup, or keep a copy before going on.")
    return 1


def export(given: argparse.Namespace, data: DataDir) -> int:
    """Also while the desk runs: what it appends meanwhile is not in it."""
    _must_exist(data)
    target = given.output.expanduser().absolute()
    refuse_inside(data, target)
    if not target.parent.is_dir():
        raise NotFound("no_such_folder", f"There is no folder {target.parent}.", "Make it, or name another file.")
    redacted = KINDS if "all" in given.redact else given.redact
    wanted = Selection(first=given.first, last=given.until, stream=given.stream, redacted=frozenset(redacted))
    connection = open_database(data.log, "log-reader")
    try:
        done = write_export(connection, target, wanted, VERSION, now())
    finally:
        connection.close()
    print(f"{done.events} events written to {target}.")
    for kind, left_out in done.left_out.items():
        print(f"The private part of {left_out.events} {kind} was left out.")
    return 0


def take_in(data: DataDir, source: Path) -> int:
    """The data directory must have no log yet."""
    if not source.is_file():
        raise NotFound("no_such_file", f"There is no file {source}.", "Name one that `ddesk log export` wrote.")
    data.create()
    with exclusively(data):
        if data.log.exists():
            raise Conflict("log_exists", f"There is a log in {data.root} already.", "Choose an empty data directory.")
        head, left_out = import_log(source, data.log, paths.migrations())
    print(f"{head.head_position} events imported, all as they were exported.")
    if left_out:
        print(f"{left_out} of them lack their private part, which the export had left out; the log says so.")
    return 0


def rebuild(data: DataDir) -> int:
    """Drop the read models and build them from the log. The desk must not be running."""
    _must_exist(data)
    with exclusively(data):
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
    for each in progress:
        print(f"{each.name:<14} {'stalled: ' + each.stalled if each.stalled else 'built'}")
    return 1 if any(each.stalled for each in progress) else 0


def _must_exist(data: DataDir) -> None:
    if not data.log.exists():
        raise NotFound("no_log", f"There is no log in {data.root}.", "Name the data directory with --data-dir.")
