"""What became of each worker: starts, losses, and the last loss with its reason."""

import apsw
from msgspec import Struct

from ddesk.events.envelope import Recorded
from ddesk.events.worker import WorkerLost, WorkerStarted

PREFIX = "worker-"


class WorkerRow(Struct, frozen=True):
    """Counts are over the whole life of the log; `lost_at` is in microseconds since 1970."""

    worker: str
    starts: int
    losses: int
    lost_at: int | None
    cause: str | None
    words: str | None


class System:
    name = "system"
    version = 1
    schema = (
        """create table worker (
            worker text primary key,
            starts integer not null default 0,
            losses integer not null default 0,
            lost_at integer,
            cause text,
            words text
        ) strict, without rowid""",
    )

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None:
        worker = recorded.stream.removeprefix(PREFIX)
        match recorded.event:
            case WorkerStarted():
                db.execute(
                    "insert into worker (worker, starts) values (?, 1) on conflict do update set starts = starts + 1",
                    (worker,),
                )
            case WorkerLost(cause=cause, words=words):
                db.execute(
                    "update worker set losses = losses + 1, lost_at = ?, cause = ?, words = ? where worker = ?",
                    (recorded.recorded_at, cause, words, worker),
                )
            case _:
                pass


def workers(db: apsw.Connection) -> list[WorkerRow]:
    return [WorkerRow(*row) for row in db.execute("select worker, starts, losses, lost_at, cause, words from worker")]
