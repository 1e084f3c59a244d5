"""Every picture, newest first, at any depth in the same time; and what people said of it."""

import apsw
from msgspec import Struct

from ddesk.events.envelope import Recorded
from ddesk.events.image import (
    ImageAdded,
    ImageFavorited,
    ImageFoundAgain,
    ImageMissing,
    ImagePurged,
    ImageRated,
    ImageRestored,
    ImageTagged,
    ImageThumbnailMade,
    ImageTrashed,
    ImageUnfavorited,
    ImageUntagged,
)

PREFIX = "image-"

_BITS_WITHIN_A_MILLISECOND = 20
_COLUMNS = (
    "key, id, generation_id, idx, seed, width, height, made_at, preset_id, file_size, pixels_sha256, rating,"
    " missing, thumbnail, favorite, trashed"
)


class ImageRow(Struct, frozen=True):
    """`key` orders pictures by the time they were made (microseconds since 1970 in `made_at`)."""

    key: int
    id: str
    generation_id: str
    index: int
    seed: int
    width: int
    height: int
    made_at: int
    preset_id: str
    file_size: int
    pixels_sha256: str
    rating: int
    missing: bool
    thumbnail: bool
    favorite: bool
    trashed: bool


class Gallery:
    name = "gallery"
    version = 3
    schema = (
        """create table image (
            key integer primary key,
            id text not null unique,
            generation_id text not null,
            idx integer not null,
            seed integer not null,
            width integer not null,
            height integer not null,
            made_at integer not null,
            preset_id text not null,
            file_size integer not null,
            pixels_sha256 text not null,
            rating integer not null default 0,
            missing integer not null default 0,
            thumbnail integer not null default 0,
            favorite integer not null default 0,
            trashed integer not null default 0
        ) strict""",
        "create index image_in_trash on image (key) where trashed",
        # By its name alone: an id from the event that first named it would change once that event is forgotten.
        """create table image_tag (
            image_key integer not null,
            name text not null,
            source text not null,
            primary key (image_key, name)
        ) strict, without rowid""",
        "create index image_by_tag on image_tag (name, image_key)",
    )

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None:
        id_ = recorded.stream.removeprefix(PREFIX)
        match recorded.event:
            case ImageAdded() as event:
                _add(db, id_, event)
            case ImageThumbnailMade():
                _set(db, id_, "thumbnail", 1)
            case ImageMissing() | ImageFoundAgain() as event:
                _set(db, id_, "missing", isinstance(event, ImageMissing))
            case ImageRated(rating=rating):
                _set(db, id_, "rating", rating)
            case ImageFavorited() | ImageUnfavorited() as event:
                _set(db, id_, "favorite", isinstance(event, ImageFavorited))
            case ImageTagged() as event:
                _tag(db, id_, event)
            case ImageUntagged() as event:
                _untag(db, id_, event)
            case ImageTrashed() | ImageRestored() as event:
                _set(db, id_, "trashed", isinstance(event, ImageTrashed))
            case ImagePurged():
                _purge(db, id_)
            case _:
                pass


def _set(db: apsw.Connection, id_: str, column: str, value: int) -> None:
    db.execute(f"update image set {column} = ? where id = ?", (value, id_))


def _tag(db: apsw.Connection, id_: str, event: ImageTagged) -> None:
    for name in event.tags:
        db.execute(
            "insert or replace into image_tag select key, ?, ? from image where id = ?", (name, event.source, id_)
        )


def _untag(db: apsw.Connection, id_: str, event: ImageUntagged) -> None:
    for name in event.tags:
        db.execute(
            "delete from image_tag where image_key = (select key from image where id = ?) and name = ?",
            (id_, name),
        )


def _purge(db: apsw.Connection, id_: str) -> None:
    db.execute("delete from image_tag where image_key = (select key from image where id = ?)", (id_,))
    db.execute("delete from image where id = ?", (id_,))


def _add(db: apsw.Connection, id_: str, event: ImageAdded) -> None:
    db.execute(
        "insert into image (key, id, generation_id, idx, seed, width, height, made_at, preset_id, file_size,"
        " pixels_sha256) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            _next_key(db, event.made_at // 1000),
            id_,
            event.generation_id,
            event.index,
            event.seed,
            event.width,
            event.height,
            event.made_at,
            event.preset_id,
            event.file_size,
            event.pixels_sha256,
        ),
    )


def _next_key(db: apsw.Connection, made_at_ms: int) -> int:
    """`ms << 20 | n`: the n-th picture of its millisecond, so that rowid order is date order."""
    first = made_at_ms << _BITS_WITHIN_A_MILLISECOND
    last = db.execute("select max(key) from image where key between ? and ?", (first, first | 0xFFFFF)).get
    return first if last is None else last + 1


class Filter(Struct, frozen=True, kw_only=True):
    """Which pictures are wanted. `tags`: all of them; `trashed`: those in the trash instead of those that aren't."""

    tags: tuple[str, ...] = ()
    min_rating: int = 0
    favorite: bool = False
    trashed: bool = False


def page(
    db: apsw.Connection,
    *,
    before: int | None,
    limit: int,
    wanted: Filter = Filter(),  # noqa: B008  # it is immutable
) -> list[ImageRow]:
    """The newest first, those older than the one whose key is `before`."""
    tests, values = _tests(wanted)
    found = db.execute(
        f"select {_COLUMNS} from image where key < ? {tests} order by key desc limit ?",
        (before or 1 << 62, *values, limit),
    )
    return [_row(row) for row in found]


def _tests(wanted: Filter) -> tuple[str, list[str | int]]:
    tests, values = ["and trashed" if wanted.trashed else "and not trashed"], list[str | int]()
    if wanted.min_rating:
        tests.append("and rating >= ?")
        values.append(wanted.min_rating)
    if wanted.favorite:
        tests.append("and favorite")
    for name in wanted.tags:
        tests.append("and exists (select 1 from image_tag where image_key = key and name = ?)")
        values.append(name)
    return " ".join(tests), values


def tags_of(db: apsw.Connection, key: int) -> list[str]:
    """In the order of the alphabet."""
    found = db.execute("select name from image_tag where image_key = ? order by name", (key,))
    return [str(name) for (name,) in found]


class TagRow(Struct, frozen=True):
    name: str
    count: int


def tags(db: apsw.Connection, *, prefix: str, skip: int, limit: int) -> list[TagRow]:
    """Those that begin with `prefix`, with the number of pictures that have them; the most used first."""
    found = db.execute(
        "select name, count(*) as uses from image_tag where name >= ? and substr(name, 1, ?) = ?"
        " group by name order by uses desc, name limit ? offset ?",
        (prefix, len(prefix), prefix, limit, skip),
    )
    return [TagRow(*row) for row in found]


class Trash(Struct, frozen=True):
    """`size` is that of the pictures' files, in bytes."""

    count: int
    size: int


def trash(db: apsw.Connection) -> Trash:
    return Trash(*db.execute("select count(*), ifnull(sum(file_size), 0) from image where trashed").get)


def trashed(db: apsw.Connection) -> list[str]:
    """The ids of all that is in the trash."""
    return [str(id_) for (id_,) in db.execute("select id from image where trashed order by key")]


def by_id(db: apsw.Connection, id_: str) -> ImageRow | None:
    row = db.execute(f"select {_COLUMNS} from image where id = ?", (id_,)).fetchone()
    return _row(row) if row else None


def _row(row: tuple[int | str, ...]) -> ImageRow:
    *facts, missing, thumbnail, favorite, trashed = row
    return ImageRow(*facts, bool(missing), bool(thumbnail), bool(favorite), bool(trashed))  # type: ignore[call-arg,arg-type]  # strict tables hold these
