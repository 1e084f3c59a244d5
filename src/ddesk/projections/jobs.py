"""Every background job."""

from collections.abc import Collection

import apsw
from msgspec import Struct

from ddesk.events.envelope import Recorded
from ddesk.events.job import (
    JobAdvanced,
    JobCancelled,
    JobCompleted,
    JobEnqueued,
    JobFailed,
    JobInterrupted,
    JobRetried,
    JobStarted,
)

PREFIX = "job-"

_COLUMNS = "position, id, kind, subject, total, done, status, attempts, enqueued_at, ended_at, code, words"


class JobRow(Struct, frozen=True):
    """Times are in microseconds since 1970. `position` is that of its first event, by which lists are paged.

    `subject` is the first of `total`, of which `done` are dealt with; empty where there is none.
    """

    position: int
    id: str
    kind: str
    subject: str
    total: int
    done: int
    status: str
    attempts: int
    enqueued_at: int
    ended_at: int | None
    code: str | None
    words: str | None


class Jobs:
    name = "jobs"
    version = 3
    schema = (
        """create table job (
            position integer primary key,
            id text not null unique,
            kind text not null,
            subject text not null,
            total integer not null,
            done integer not null default 0,
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
            case JobEnqueued(kind=kind, subjects=subjects):
                db.execute(
                    "insert into job (position, id, kind, subject, total, status, enqueued_at)"
                    " values (?, ?, ?, ?, ?, 'queued', ?)",
                    (recorded.position, id_, kind, next(iter(subjects), ""), len(subjects), now),
                )
            case JobAdvanced(done=done):
                db.execute("update job set done = ? where id = ?", (done, id_))
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


def by_id(db: apsw.Connection, id_: str) -> JobRow | None:
    row = db.execute(f"select {_COLUMNS} from job where id = ?", (id_,)).fetchone()
    return JobRow(*row) if row else None


def waiting(db: apsw.Connection, kinds: Collection[str]) -> list[str]:
    """What the runner of these kinds needs at opening: the ids of what waits, oldest first."""
    return [id_ for id_, kind in _with_status(db, "queued") if kind in kinds]


def running(db: apsw.Connection) -> list[str]:
    """The ids of what ran when the desk was last there."""
    return [id_ for id_, _ in _with_status(db, "running")]


def _with_status(db: apsw.Connection, status: str) -> list[tuple[str, str]]:
    return list(db.execute("select id, kind from job where status = ? order by position", (status,)))
