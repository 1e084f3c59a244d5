"""Keeps the read models up with the log.

They live in one disposable file, named after what the projections are. It is never a reason to refuse a command: a
projection that throws is rolled back and marked stalled while the others go on, and a file that is missing, damaged,
foreign, ahead of the log or forked from it is dropped and built anew. `apply` and `close` belong to the writer's
thread; the rest may be called from any.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Protocol

import apsw
from msgspec.structs import replace

from ddesk.errors import Fault
from ddesk.events.envelope import Recorded
from ddesk.paths import sync
from ddesk.projections.projection import Progress, Projection, fingerprint

_log = logging.getLogger(__name__)
_EVENTS_A_TRANSACTION = 5_000
DAMAGED = (apsw.CorruptError, apsw.NotADBError)
_FILE_TROUBLE = (apsw.IOError, apsw.FullError, apsw.CorruptError, apsw.NotADBError, apsw.ReadOnlyError)
"""What the file is to blame for, and not a projection."""
_DAMAGED_WORDS = "The file of the read models is damaged: start the desk again, and they are built anew"

_META = (
    "create table projection (name text primary key, position integer not null, stalled text) strict, without rowid",
    "create table seen (id integer primary key check (id = 1), position integer not null, hash blob not null) strict",
)

Opener = Callable[[Path], apsw.Connection]


class Log(Protocol):
    """What the runner reads. `hash_at` is None beyond the end."""

    def read(self, after: int = 0, until: int | None = None) -> Iterable[Recorded]: ...

    def hash_at(self, position: int) -> bytes | None: ...


class Runner:
    """Applies events to every projection, each at its own position, and answers how far they have come."""

    def __init__(
        self,
        folder: Path,
        projections: Sequence[Projection],
        log: Log,
        open_for_writing: Opener,
    ) -> None:
        self._projections = projections
        self._log = log
        self._open = open_for_writing
        self._progress = {
            p.name: Progress(name=p.name, version=p.version, position=0, stalled=None) for p in projections
        }
        self.path = folder / f"read-{fingerprint(projections)}.db"
        self._condemned = self.path.with_suffix(".db-condemned")
        self._db = self._opened()
        self._behind: str | None = None
        self._damaged: str | None = None

    def _opened(self) -> apsw.Connection:
        """The read file, caught up with the log; whatever is wrong with what lies there ends in a fresh one."""
        try:
            if self.path.exists() and not self._condemned.exists() and (db := self._reopened()):
                return db
        except (apsw.Error, Fault) as wrong:
            _log.warning("The read models can't be used (%s) and are built anew", wrong)
        try:
            self._rebuild()
        except (apsw.Error, OSError) as wrong:
            raise Fault(
                "read_models_unwritable", f"The read models can't be built: {wrong}.", "Is there room on the disk?"
            ) from wrong
        db = self._open(self.path)
        self._load_progress(db)
        return db

    def _reopened(self) -> apsw.Connection | None:
        db = self._open(self.path)
        try:
            if self._fits_the_log(db):
                self._load_progress(db)
                self._catch_up(db)
                return db
        except (apsw.Error, Fault):
            db.close()
            raise
        db.close()
        return None

    def _fits_the_log(self, db: apsw.Connection) -> bool:
        """Whether the log still holds the very event that the read models have seen last."""
        position, seen = db.execute("select position, hash from seen").fetchone() or (None, None)
        return position is not None and (position == 0 or self._log.hash_at(position) == seen)

    def _load_progress(self, db: apsw.Connection) -> None:
        found = {str(name): position for name, position in db.execute("select name, position from projection")}
        self._progress = {each.name: _at(each, found[each.name]) for each in self._projections}

    def _rebuild(self) -> None:
        """Build beside, then rename: nothing ever opens a half-built file."""
        for stale in sorted(self.path.parent.glob("read-*.db*")):  # what condemns a file goes after it
            stale.unlink()
        beside = self.path.with_suffix(".building")
        for left in self.path.parent.glob(f"{beside.name}*"):
            left.unlink()
        db = apsw.Connection(str(beside))
        self._create(db)
        self._catch_up(db)
        db.close()
        sync(beside)
        beside.rename(self.path)
        sync(self.path.parent)

    def _create(self, db: apsw.Connection) -> None:
        """Nobody reads the file before it is whole, so nothing is synced; a journal in memory still lets a projection
        that throws be rolled back."""
        for pragma in ("journal_mode = memory", "synchronous = off", "locking_mode = exclusive"):
            db.execute(f"pragma {pragma}").fetchall()
        with db:
            for statement in _META:
                db.execute(statement)
            db.execute("insert into seen values (1, 0, zeroblob(32))")
            for projection in self._projections:
                db.execute("insert into projection values (?, 0, null)", (projection.name,))
                for statement in projection.schema:
                    db.execute(statement)
        self._load_progress(db)

    def _catch_up(self, db: apsw.Connection) -> None:
        """Bring every projection to the log's end; a stalled one is given another try."""
        self._progress = {each.name: _at(each, self._progress[each.name].position) for each in self._projections}
        first = min((each.position for each in self._progress.values()), default=0)
        for some in _batches(self._log.read(first)):
            self._apply(db, some)

    def apply(self, events: Sequence[Recorded]) -> None:
        """Take in what was just appended. Never raises: the log has it, and what is missed is caught up later."""
        try:
            if self._behind:
                self._load_progress(self._db)  # a commit that failed may be there all the same
                self._catch_up(self._db)
            else:
                self._apply(self._db, events)
            self._behind = None
        except Exception as wrong:
            if isinstance(wrong, DAMAGED):
                self.condemn()
            self._behind = f"The read models could not be written: {wrong}"
            trace = None if isinstance(wrong, (apsw.Error, Fault)) else wrong
            _log.error("%s; they will catch up", self._behind, exc_info=trace)

    def _apply(self, db: apsw.Connection, events: Sequence[Recorded]) -> None:
        last = events[-1].position
        with db:
            progress = {each.name: self._advance(db, each, events) for each in self._projections}
            db.execute("update seen set position = ?, hash = ?", (last, self._log.hash_at(last)))
        self._progress = progress

    def _advance(self, db: apsw.Connection, projection: Projection, events: Sequence[Recorded]) -> Progress:
        now = self._progress[projection.name]
        if now.stalled:
            return now
        unseen = [recorded for recorded in events if recorded.position > now.position]
        done, stalled = _apply_all(db, projection, unseen)
        if done:
            now = replace(now, position=unseen[done - 1].position)
        statement = "update projection set position = ?, stalled = ? where name = ?"
        db.execute(statement, (now.position, stalled, projection.name))
        return replace(now, stalled=stalled)

    def scrub(self) -> None:
        """Bring all into the file and empty what is written ahead of it, so that nothing that was overwritten stays.

        Raises Fault where a reader is in the way, or a stalled projection may still hold what is forgotten.
        """
        if any(each.stalled for each in self.progress()):
            raise Fault(
                "read_models_stalled", "What is forgotten may still stand in the read models.", "Run `ddesk rebuild`."
            )
        try:
            self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.Error as wrong:
            raise Fault(
                "read_models_busy", f"The read models' write-ahead file could not be emptied: {wrong}.", "Try again."
            ) from wrong

    def condemn(self) -> None:
        """A page of the file proved to be damaged: it is built anew when it is opened the next time."""
        _log.error("The read models are damaged; they are built anew when the desk is started again")
        self._damaged = _DAMAGED_WORDS
        with suppress(OSError):
            self._condemned.touch()

    def progress(self) -> list[Progress]:
        """How far each has come; one that is behind because the file can't be written counts as stalled."""
        trouble = self._damaged or self._behind
        return [replace(each, stalled=each.stalled or trouble) for each in self._progress.values()]

    def close(self) -> None:
        self._db.close()


def _at(projection: Projection, position: int) -> Progress:
    return Progress(name=projection.name, version=projection.version, position=position, stalled=None)


def _batches(events: Iterable[Recorded]) -> Iterator[list[Recorded]]:
    remaining = iter(events)
    while some := list(islice(remaining, _EVENTS_A_TRANSACTION)):
        yield some


def _apply_all(db: apsw.Connection, projection: Projection, events: Sequence[Recorded]) -> tuple[int, str | None]:
    """How many of the events were applied, and what stopped it at the next one.

    All go under one savepoint; where one throws, those before it are applied again under another.
    """
    done = 0
    try:
        with db:
            for done, recorded in enumerate(events):  # noqa: B007  # also told to the handler below
                projection.apply(db, recorded)
    except _FILE_TROUBLE:
        raise
    except Exception as wrong:
        if not db.in_transaction:
            raise  # a full disk makes SQLite roll everything back, and apsw then finds no savepoint to go back to
        culprit = events[done]
        words = f"{type(wrong).__name__} at event {culprit.position} ({culprit.type}): {wrong}"
        _log.exception("The projection %s is stalled", projection.name)
        _apply_all(db, projection, events[:done])
        return done, words
    return len(events), None
