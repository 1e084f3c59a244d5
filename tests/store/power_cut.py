"""A desk's files at work, its process killed now and then, and what is left of them when the power goes at last."""

import logging
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from ddesk.errors import DeskError, Fault
from ddesk.events.envelope import NewEvent, Origin, Recorded
from ddesk.events.job import JobFailed
from ddesk.paths import migrations, write_durably
from ddesk.projections.runner import Runner
from ddesk.store.connection import open_database
from ddesk.store.event_log import EventLog
from ddesk.store.records import Appended, Head
from ddesk.store.writer import Append
from tests.store import older_log
from tests.store.recorded_disk import Operation, RecordedDisk, cut

BATCHES = 30
CHECKPOINT_PAGES = 40
PICTURE = b"a picture" * 400
_ONE_MORE = "CREATE TABLE more (a); CREATE INDEX more_by_actor ON event (actor, type);"


class Tally:
    """How many events each stream has."""

    name = "tally"
    schema = ("create table tally (stream text primary key, events integer not null) strict, without rowid",)

    def __init__(self, version: int = 1) -> None:
        self.version = version

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None:
        db.execute(
            "insert into tally values (?, 1) on conflict do update set events = events + 1",
            (recorded.stream,),
        )


class History(NamedTuple):
    """What the disk held at first, and all that was done to it since."""

    before: dict[str, bytes]
    operations: list[Operation]


class Setting(NamedTuple):
    """A desk of this version on this folder. `synchronous` overrides how its log makes commits durable."""

    folder: Path
    migrations: Path
    version: int = 1
    synchronous: int | None = None


def read_models(folder: Path, log: EventLog, version: int = 1) -> Runner:
    return Runner(folder, [Tally(version)], log, lambda path: open_database(path, "read"))


@contextmanager
def opened(setting: Setting) -> Iterator[tuple[EventLog, Runner]]:
    """As a process has them: what can't be closed any more is left as it is."""
    with ExitStack() as closing:
        log = EventLog.open(setting.folder / "log.db", setting.migrations)
        closing.callback(_left, log.close)
        if setting.synchronous is not None:
            log._connection.pragma("synchronous", setting.synchronous)
        models = read_models(setting.folder, log, setting.version)
        closing.callback(_left, models.close)
        # Checkpoints come so seldom that a short history would have none.
        for connection in (log._connection, models._db):
            connection.wal_autocheckpoint(CHECKPOINT_PAGES)
        yield log, models


def _left(close: Callable[[], None]) -> None:
    with suppress(apsw.Error):
        close()


def record(folder: Path, chance: random.Random, synchronous: int | None = None, kills: int = 0) -> History:
    """A desk that appends, keeps its read models up and stores pictures; it is killed so often, and opened again."""
    setting = Setting(folder, migrations(), synchronous=synchronous)
    with opened(setting):
        pass
    return _recorded(setting, chance, kills)


def record_migration(folder: Path, chance: random.Random, kills: int = 0) -> History:
    """A desk that opens the log of an older one, which has a schema of before, and goes on with it."""
    older_log.lay_out(folder)
    return _recorded(Setting(folder, newer_migrations(folder.parent)), chance, kills)


def record_rebuild(folder: Path, chance: random.Random, kills: int = 0) -> History:
    """A desk of a new version, which builds its read models anew, and goes on."""
    older = Setting(folder, migrations())
    with opened(older) as (log, models):
        _work(log, models, folder, chance)
    return _recorded(older._replace(version=2), chance, kills)


def newer_migrations(place: Path) -> Path:
    """A folder with those that there are, and one more."""
    folder = place / "migrations"
    if not folder.exists():
        shutil.copytree(migrations(), folder)
        number = len(list(folder.iterdir())) + 1
        (folder / f"{number:04}-more.sql").write_text(_ONE_MORE)
    return folder


def _recorded(setting: Setting, chance: random.Random, kills: int) -> History:
    files = [path for path in setting.folder.rglob("*") if path.is_file()]
    before = {path.relative_to(setting.folder).as_posix(): path.read_bytes() for path in files}
    with RecordedDisk(setting.folder).mounted() as disk:
        for _ in range(kills):
            disk.kill_in = chance.randint(1, 150)
            with suppress(DeskError, OSError, apsw.Error), _unheard():
                _run(setting, disk, chance)
        disk.kill_in = None
        _run(setting, disk, chance)
    return History(before, disk.operations)


@contextmanager
def _unheard() -> Iterator[None]:
    """A process that was killed says nothing any more."""
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _run(setting: Setting, disk: RecordedDisk, chance: random.Random) -> None:
    with opened(setting) as (log, models):
        _work(log, models, setting.folder, chance, disk.acknowledge)


def _work(
    log: EventLog,
    models: Runner,
    folder: Path,
    chance: random.Random,
    acknowledge: Callable[[Head], None] = lambda head: None,
) -> None:
    for _ in range(BATCHES):
        position = log.head.position
        batch = [_append(folder, chance) for _ in range(chance.randint(1, 4))]
        if not all(isinstance(outcome, Appended) for outcome in log.append(batch)):
            return
        models.apply(list(log.read(position)))
        acknowledge(log.head)
        if chance.random() < 0.1:
            log.shrink_wal()


def _append(folder: Path, chance: random.Random) -> Append:
    """One command; now and then it stores a picture first, which its event then tells of."""
    command = f"{chance.getrandbits(64):x}"
    picture = ""
    if chance.random() < 0.2:
        picture = f"images/{command}.png"
        write_durably(folder / picture, PICTURE)
    event = JobFailed(code=picture, words="b", detail="x" * chance.choice((0, 300, 9000)))
    new = tuple(NewEvent(f"job-{chance.randrange(12)}", event) for _ in range(chance.randint(1, 3)))
    return Append(Origin(command_id=command, correlation_id=command, actor="desk"), {}, new)


def harm(history: History, folder: Path, chance: random.Random, version: int = 1) -> str:
    """What a power cut at a random moment did, in words; nothing where all that was acknowledged is there."""
    moment = chance.randint(1, len(history.operations))
    remains = cut(history.before, history.operations[:moment], chance)
    remains.lay_out(folder)
    return aftermath(Setting(folder, newer_migrations(folder.parent), version), remains.acknowledged)


def aftermath(setting: Setting, acknowledged: Head | None) -> str:
    """What is wrong with the files of this folder, opened as the desk does; empty where nothing is."""
    copies = _broken_copies(setting)
    try:
        log = EventLog.open(setting.folder / "log.db", setting.migrations)
    except Fault as fault:
        return fault.words
    try:
        found = [copies, log.verify(acknowledged).why, _ahead(setting.folder, log)]
        return "; ".join(filter(None, found)) or _lost_pictures(setting.folder, log) or _differences(setting, log)
    finally:
        log.close()


def _broken_copies(setting: Setting) -> str:
    """A copy of the log that has its name is whole."""
    for path in setting.folder.glob("backups/*.db"):
        copy = EventLog.open(path, setting.migrations)
        why = copy.verify().why
        copy.close()
        if why:
            return f"the copy {path.name} is broken: {why}"
    return ""


def _ahead(folder: Path, log: EventLog) -> str:
    """The read file may lag behind the log, but never tell what the log doesn't know."""
    for path in folder.glob("read-*.db"):
        with suppress(apsw.Error, Fault):
            db = open_database(path, "read")
            seen = db.execute("select position from seen").get
            db.close()
            if isinstance(seen, int) and seen > log.head.position:
                return f"the read models are at {seen}, ahead of the log"
    return ""


def _lost_pictures(folder: Path, log: EventLog) -> str:
    told = {each.event.code for each in log.read() if isinstance(each.event, JobFailed) and each.event.code}
    lost = [name for name in told if not (folder / name).exists() or (folder / name).read_bytes() != PICTURE]
    return f"pictures are lost: {lost}" if lost else ""


def _differences(setting: Setting, log: EventLog) -> str:
    models = read_models(setting.folder, log, setting.version)
    db = open_database(models.path, "read-reader")
    rows: list[tuple[Any, ...]] = db.execute("select stream, events from tally").fetchall()
    shown = dict(rows)
    db.close()
    models.close()
    told = Counter(recorded.stream for recorded in log.read())
    return "" if shown == told else f"the read models show {shown}, the log tells of {told}"
