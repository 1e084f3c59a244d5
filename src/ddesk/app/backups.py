"""Backups of the log: made as jobs, when a person asks or when they are due, and remembered wherever they lie."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from ddesk.app.duty import Duty
from ddesk.app.feed import Feed
from ddesk.app.handle import Handler, Step, by_desk
from ddesk.app.notices import Alert
from ddesk.app.worker_link import WorkFailedError
from ddesk.domain.backup import RecordBackup, backups
from ddesk.domain.job import EnqueueJob, job
from ddesk.errors import Fault, Invalid
from ddesk.events.backup import BackupMade
from ddesk.events.envelope import Origin
from ddesk.events.ids import new_id
from ddesk.events.job import JobEnqueued
from ddesk.events.log import DataForgotten
from ddesk.paths import DataDir
from ddesk.projections import jobs
from ddesk.settings import Settings
from ddesk.store import backup
from ddesk.store.backup import Backup
from ddesk.store.log_reader import LogReader

STREAM, LOG_STREAM = "backup", "log"

_US_AN_HOUR = 3_600_000_000


def folder_for(data: DataDir, named: str) -> Path:
    """Where backups go: the folder of that name, or the data directory's own. Raises Invalid for one that won't do."""
    folder = Path(named).expanduser() if named else data.backups
    if not folder.is_absolute():
        raise Invalid("bad_backup_dir", f"{named!r} doesn't say where it lies.", "Write it from the root on.")
    if folder.resolve() != data.backups.resolve() and folder.resolve().is_relative_to(data.root.resolve()):
        raise Invalid(
            "bad_backup_dir",
            f"{folder} lies in the data directory, which a backup should outlive.",
            "Choose another folder, best on another disk.",
        )
    return folder


def made_event(made: Backup, folder: Path, dropped: Sequence[str] = ()) -> BackupMade:
    return BackupMade(
        name=made.name,
        head_position=made.position,
        head_hash=made.hash,
        size=made.size,
        dropped=tuple(dropped),
        folder=str(folder),
    )


def seconds_until_due(every_hours: int, last_at: int, now: int) -> float | None:
    """From `last_at` on, in microseconds as `now`; None where none is ever due."""
    return max(0, last_at + every_hours * _US_AN_HOUR - now) / 1e6 if every_hours else None


class Backups:
    """`duty` has one made when it is due; after one that failed, the next is due as if it had been made."""

    def __init__(
        self,
        *,
        data: DataDir,
        settings: Settings,
        handler: Handler,
        reader: LogReader,
        feed: Feed,
        program: str,
        clock: Callable[[], int],
    ) -> None:
        self._data = data
        self._settings = settings
        self._handler = handler
        self._reader = reader
        self._feed = feed
        self._program = program
        self._clock = clock
        self._tried_at = 0
        self._changed = asyncio.Event()
        self.duty = Duty("backup-schedule", "Backups", self._turn, feed)

    def follow(self, settings: Settings) -> None:
        self._settings = settings
        self._changed.set()

    @property
    def folder(self) -> Path:
        """Raises Invalid where the setting won't do."""
        return folder_for(self._data, self._settings.backup_dir)

    async def ask(self, origin: Origin, folder: str) -> str:
        """The id of the job that makes one, in `folder` or else where the settings say. Raises Invalid."""
        folder_for(self._data, folder)
        id_ = new_id()
        request = JobEnqueued(kind="backup", subjects=(), folder=folder)
        done = await self._handler.handle(origin, Step(jobs.PREFIX + id_, job, EnqueueJob(request)))
        assert done is not None
        return next(self._reader.read(done.first - 1)).stream.removeprefix(jobs.PREFIX)

    async def make(self, _job_id: str, request: JobEnqueued) -> Sequence[Step]:
        """Make what such a job asks for. Those in the settings' own folder are kept to the number that they say."""
        try:
            folder = folder_for(self._data, request.folder) if request.folder else self.folder
            made, dropped = await asyncio.to_thread(self._make, folder, None if request.folder else self._kept)
        except (Fault, Invalid) as wrong:
            told = Alert(level="error", code=wrong.code, title="The log could not be backed up", words=wrong.words)
            self._feed.notice(told)
            raise WorkFailedError(wrong.code, wrong.words) from wrong
        return [Step(STREAM, backups, RecordBackup(made_event(made, folder, dropped)))]

    @property
    def _kept(self) -> int:
        return self._settings.backups_kept

    def _make(self, folder: Path, kept: int | None) -> tuple[Backup, list[str]]:
        made = backup.make(self._data.log, folder, self._clock(), self._program)
        return made, [] if kept is None else backup.drop_all_but(folder, kept)

    def known(self) -> list[tuple[Path, Backup]]:
        """Every backup that can be found, the newest first, each with its folder."""
        found = [(folder, each) for folder in self._folders() for each in backup.backups_in(folder)]
        return sorted(found, key=lambda one: (one[1].made_at, one[1].position), reverse=True)

    def holding(self, positions: Sequence[int]) -> list[Path]:
        """The copies of the log in which any of these events still has what was forgotten of it."""
        if not positions:
            return []
        forgotten_at = self._forgotten_at(set(positions))
        return [
            path for folder in self._folders() for path in backup.copies_holding(folder, min(positions), forgotten_at)
        ]

    def _forgotten_at(self, positions: set[int]) -> int:
        """The last event that names any of them."""
        told = ((each.position, each.event) for each in self._reader.stream(LOG_STREAM))
        named = (
            at for at, event in told if isinstance(event, DataForgotten) and positions.intersection(event.positions)
        )
        return max(named, default=0)

    def _folders(self) -> list[Path]:
        """The desk's own, and every other in which a backup was ever made."""
        told = [each.event.folder for each in self._reader.stream(STREAM) if isinstance(each.event, BackupMade)]
        named = [folder for folder in (self._settings.backup_dir, *told) if folder]
        return list(dict.fromkeys([self._data.backups, *map(Path, named)]))

    async def _turn(self) -> None:
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds_until_due()):
                await self._changed.wait()
                return
        self._tried_at = self._clock()
        await self.duty.outlast(partial(self.ask, by_desk(STREAM), ""))

    def _seconds_until_due(self) -> float | None:
        last = self._reader.events(type=BackupMade.__name__, limit=1) or self._reader.events(after=0, limit=1)
        now = self._clock()
        last_at = max(self._tried_at, *(each.recorded_at for each in last)) if last else now
        return seconds_until_due(self._settings.backup_every_hours, last_at, now)
