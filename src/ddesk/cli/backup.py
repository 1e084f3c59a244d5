"""`ddesk backup` and `ddesk restore`."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ddesk import paths
from ddesk.app.backups import STREAM, folder_for, made_event
from ddesk.bootstrap import VERSION, open_log
from ddesk.cli.client import Client, listening, running_desk
from ddesk.cli.offline import exclusively
from ddesk.errors import DeskError, NotFound
from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.ids import new_id
from ddesk.paths import DataDir
from ddesk.store import backup
from ddesk.store.event_log import now
from ddesk.store.records import Append
from ddesk.store.restore import restore as restore_log

_ENDS = ("JobCompleted", "JobFailed", "JobCancelled")


def back_up(data: DataDir, folder: Path) -> int:
    """By the running desk, as one of its jobs, or without one; the log remembers it either way."""
    if not data.log.exists():
        raise NotFound("no_log", f"There is no log in {data.root}.", "Name the data directory with --data-dir.")
    target = folder_for(data, str(folder.expanduser().absolute()))
    if desk := running_desk(data):
        position, path = _by_desk(desk, target)
        desk.close()
    else:
        position, path = _alone(data, target)
    print(f"{position} events backed up to {path}, and all of them checked.")
    print(f"Pictures are not in it: copy {data.images} as well.")
    return 0


def _by_desk(desk: Client, folder: Path) -> tuple[int, Path]:
    with listening(desk, "previews=false") as live:
        job = desk.post("/api/backups", {"folder": str(folder)})["id"]
        event = next(_ends(live, job))
    if event["type"] == "JobFailed":
        raise DeskError(event["data"]["code"], event["data"]["words"], "Is there room, and may the folder be written?")
    if event["type"] == "JobCancelled":
        raise DeskError("job_cancelled", "The backup was cancelled.", "Ask for it again.")
    made = next(each for each in desk.get("/api/backups")["items"] if each["folder"] == str(folder))
    return made["position"], folder / made["name"]


def _ends(live: Iterable[str], job: str) -> Iterator[Any]:
    events = (json.loads(message).get("event", {}) for message in live)
    return (event for event in events if event.get("stream") == f"job-{job}" and event["type"] in _ENDS)


def _alone(data: DataDir, folder: Path) -> tuple[int, Path]:
    with exclusively(data):
        log = open_log(data)
        try:
            made = backup.make(data.log, folder, now(), VERSION)
            command = new_id()
            origin = Origin(command_id=command, correlation_id=command, actor="user")
            told = NewEvent(STREAM, made_event(made, folder))
            (outcome,) = log.append([Append(origin, {}, (told,))])
        finally:
            log.close()
    if isinstance(outcome, DeskError):
        raise outcome
    return made.position, folder / made.name


def restore(data: DataDir, source: Path) -> int:
    """The log that was there is kept aside."""
    if not source.is_file():
        raise NotFound("no_such_file", f"There is no file {source}.", "Name a backup, such as `ddesk backup` makes.")
    data.create()
    with exclusively(data):
        restored = restore_log(source, data.log, data.backups, paths.migrations(), now())
    print(f"The log is back as it was at event {restored.head.position}; every event of it was checked.")
    if restored.kept:
        print(f"The log that was there is kept as {restored.kept}.")
    print("Pictures are as they lie on the disk. What waited to be made at that time waits again.")
    return 0
