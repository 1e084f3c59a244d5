"""Every generation, and the queue's order: what the Generate screen and the queue panel show."""

import apsw
import msgspec
from msgspec import Struct

from ddesk.domain.queue import rank_of, reordered
from ddesk.events.envelope import Recorded
from ddesk.events.generation import (
    GenerationCancelled,
    GenerationCompleted,
    GenerationFailed,
    GenerationInterrupted,
    GenerationReprioritized,
    GenerationRequested,
    GenerationRetried,
    GenerationStarted,
    ImageGenerated,
    Recipe,
)
from ddesk.events.log import DataForgotten
from ddesk.events.queue import QueuePaused, QueueReordered, QueueResumed

PREFIX = "generation-"

_encode = msgspec.json.Encoder().encode
_recipe = msgspec.json.Decoder(Recipe).decode
_ids = msgspec.json.Decoder(list[str]).decode

_COLUMNS = (
    "position, id, status, rank, recipe, prompt, negative_prompt, images, "
    "requested_at, started_at, ended_at, attempts, code, words"
)


class GenerationRow(Struct, frozen=True):
    """Times are in microseconds since 1970. `position` is that of its request, by which lists are paged."""

    position: int
    id: str
    status: str
    rank: int
    recipe: Recipe
    prompt: str
    negative_prompt: str
    images: list[str]
    requested_at: int
    started_at: int | None
    ended_at: int | None
    attempts: int
    code: str | None
    words: str | None


class Generations:
    name = "generations"
    version = 3
    schema = (
        """create table generation (
            position integer primary key,
            id text not null unique,
            status text not null,
            rank integer not null,
            recipe text not null,
            prompt text not null,
            negative_prompt text not null,
            images text not null default '[]',
            requested_at integer not null,
            started_at integer,
            ended_at integer,
            attempts integer not null default 0,
            code text,
            words text
        ) strict""",
        "create index generation_by_status on generation (status)",
        "create table queue (id integer primary key check (id = 1), paused integer not null) strict",
        "insert into queue values (1, 0)",
    )

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None:
        id_ = recorded.stream.removeprefix(PREFIX)
        now = recorded.recorded_at
        match recorded.event:
            case GenerationRequested() as event:
                _request(db, id_, recorded, event)
            case GenerationReprioritized(placement=placement):
                _update(db, id_, rank=rank_of(placement, recorded.position))
            case GenerationStarted(attempt=attempt):
                _update(db, id_, status="running", attempts=attempt, started_at=now, code=None, words=None)
            case GenerationRetried():
                front = rank_of("front", recorded.position)
                _update(db, id_, status="queued", rank=front, ended_at=None, code=None, words=None)
            case ImageGenerated(image_id=image_id):
                db.execute(
                    "update generation set images = json_insert(images, '$[#]', ?) where id = ?", (image_id, id_)
                )
            case GenerationCompleted():
                _update(db, id_, status="completed", ended_at=now)
            case GenerationCancelled():
                _update(db, id_, status="cancelled", ended_at=now, code=None, words=None)
            case GenerationFailed(code=code, words=words):
                _update(db, id_, status="failed", ended_at=now, code=code, words=words)
            case GenerationInterrupted(why=why, words=words):
                _update(db, id_, status="interrupted", ended_at=now, code=why, words=words)
            case QueueReordered(generation_ids=wanted):
                for named, rank in reordered(wanted, dict(_waiting(db))).items():
                    _update(db, named, rank=rank)
            case DataForgotten(positions=positions):
                db.executemany(
                    "update generation set prompt = '', negative_prompt = '' where position = ?",
                    [(position,) for position in positions],
                )
            case QueuePaused() | QueueResumed() as event:
                db.execute("update queue set paused = ?", (isinstance(event, QueuePaused),))
            case _:
                pass


def _request(db: apsw.Connection, id_: str, recorded: Recorded, event: GenerationRequested) -> None:
    db.execute(
        "insert into generation (position, id, status, rank, recipe, prompt, negative_prompt, requested_at)"
        " values (?, ?, 'queued', ?, ?, ?, ?, ?)",
        (
            recorded.position,
            id_,
            rank_of(event.placement, recorded.position),
            _encode(event.recipe).decode(),
            event.prompt,
            event.negative_prompt,
            recorded.recorded_at,
        ),
    )


def _update(db: apsw.Connection, id_: str, **columns: str | int | None) -> None:
    # The names are this module's own; only the values come from outside.
    assignments = ", ".join(f"{name} = ?" for name in columns)
    db.execute(f"update generation set {assignments} where id = ?", (*columns.values(), id_))


def _waiting(db: apsw.Connection) -> list[tuple[str, int]]:
    found = db.execute("select id, rank from generation where status = 'queued' order by rank")
    return [(str(id_), int(rank)) for id_, rank in found]


def by_id(db: apsw.Connection, id_: str) -> GenerationRow | None:
    row = db.execute(f"select {_COLUMNS} from generation where id = ?", (id_,)).fetchone()
    return _row(row) if row else None


def prompt_of(db: apsw.Connection, id_: str) -> str | None:
    found = db.execute("select prompt from generation where id = ?", (id_,)).get
    return None if found is None else str(found)


def page(db: apsw.Connection, *, before: int | None, status: str | None, limit: int) -> list[GenerationRow]:
    """The newest first, those requested before the position `before`."""
    found = db.execute(
        f"select {_COLUMNS} from generation where position < ? {'and status = ?' if status else ''}"
        " order by position desc limit ?",
        (before or 1 << 62, *([status] if status else ()), limit),
    )
    return [_row(row) for row in found]


def with_status(db: apsw.Connection, status: str) -> list[GenerationRow]:
    """Those that wait, run or were interrupted, in the queue's order."""
    found = db.execute(
        f"select {_COLUMNS} from generation where status = ? order by rank",
        (status,),
    )
    return [_row(row) for row in found]


def unfinished(db: apsw.Connection) -> tuple[list[tuple[str, int]], list[str], bool]:
    """What the dispatcher needs at opening: (id, rank) of what waits, the ids of what ran, and whether it is paused."""
    ran = db.execute("select id from generation where status = 'running' order by rank desc")
    return _waiting(db), [str(id_) for (id_,) in ran], is_paused(db)


def is_paused(db: apsw.Connection) -> bool:
    return bool(db.execute("select paused from queue").get)


def _row(row: tuple[object, ...]) -> GenerationRow:
    values = dict(zip(GenerationRow.__struct_fields__, row, strict=True))
    values["recipe"] = _recipe(str(values["recipe"]))
    values["images"] = _ids(str(values["images"]))
    return GenerationRow(**values)  # type: ignore[arg-type]  # strict tables hold exactly these types
