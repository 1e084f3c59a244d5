"""Every background job."""

import apsw
from msgspec import Struct

from ddesk.events.envelope import Recorded
from ddesk.events.job import (
    JobCancelled,
    JobCompleted,
    JobEnqueued,
    JobFailed,
    JobInterrupted,
    JobRetried,
    JobStarted,
)

PREFIX = "job-"

_COLUMNS = "position, id, kind, subject, status, attempts, enqueued_at, ended_at, code, words"


class JobRow(Struct, frozen=True):
    """Times are in microseconds since 1970. `position` is that of its first event, by which lists are paged."""

    position: int
    id: str
    kind: str
    subject: str
    status: str
    attempts: int
    enqueued_at: int
    ended_at: int | None
    code: str | None
    words: str | None


class Jobs:
    name = "jobs"
    version = 2
    schema = (
        """create table job (
            position integer primary key,
            id text not null unique,
            kind text not null,
            subject text not null,
            status text not null,
            attempts integer not null default 0,
            enqueued_at integer not null,
            ended_at integer,
            code text,
            words text
        ) strict""",
        "create index job_by_status on job (status)",
    )

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None:
        id_ = recorded.stream.removeprefix(PREFIX)
        now = recorded.recorded_at
        match recorded.event:
            case JobEnqueued(kind=kind, subject=subject):
                db.execute(
                    "insert into job (position, id, kind, subject, status, enqueued_at)"
                    " values (?, ?, ?, ?, 'queued', ?)",
                    (recorded.position, id_, kind, subject, now),
                )
            case JobStarted(attempt=attempt):
                db.execute("update job set status = 'running', attempts = ? where id = ?", (attempt, id_))
            case JobRetried():
                _update(db, id_, "queued", None)
            case JobCompleted():
                _update(db, id_, "completed", now)
            case JobCancelled():
                _update(db, id_, "cancelled", now)
            case JobFailed(code=code, words=words):
                _update(db, id_, "failed", now, code, words)
            case JobInterrupted(why=why, words=words):
                _update(db, id_, "interrupted", now, why, words)
            case _:
                pass


def _update(
    db: apsw.Connection,
    id_: str,
    status: str,
    ended_at: int | None,
    code: str | None = None,
    words: str | None = None,
) -> None:
    db.execute(
        "update job set status = ?, ended_at = ?, code = ?, words = ? where id = ?",
        (status, ended_at, code, words, id_),
    )


def page(db: apsw.Connection, *, before: int | None, status: str | None, limit: int) -> list[JobRow]:
    """The newest first, those enqueued before the position `before`."""
    found = db.execute(
        f"select {_COLUMNS} from job where position < ? {'and status = ?' if status else ''}"
        " order by position desc limit ?",
        (before or 1 << 62, *([status] if status else ()), limit),
    )
    return [JobRow(*row) for row in found]


def unfinished(db: apsw.Connection) -> tuple[list[str], list[str]]:
    """What the job runner needs at opening: the ids of what waits, oldest first, and of what ran."""
    return _ids(db, "queued"), _ids(db, "running")


def _ids(db: apsw.Connection, status: str) -> list[str]:
    found = db.execute("select id from job where status = ? order by position", (status,))
    return [str(id_) for (id_,) in found]
