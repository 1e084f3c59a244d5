"""The rules of backups: one that was made is recorded once."""

from collections.abc import Sequence

from msgspec import Struct

from ddesk.domain.decider import Decider
from ddesk.events.backup import BackupEvent, BackupMade


class Backups(Struct, frozen=True):
    """Where each lies, as far as is known: folder and name."""

    kept: frozenset[tuple[str, str]] = frozenset()


class RecordBackup(Struct, frozen=True):
    made: BackupMade


def evolve(state: Backups, event: BackupEvent) -> Backups:
    dropped = {(event.folder, name) for name in event.dropped}
    return Backups(state.kept.difference(dropped).union({(event.folder, event.name)}))


def decide(state: Backups, command: RecordBackup) -> Sequence[BackupEvent]:
    made = command.made
    return [] if (made.folder, made.name) in state.kept else [made]


backups = Decider[Backups, RecordBackup, BackupEvent](Backups(), evolve, decide)
