"""Every picture, newest first, at any depth in the same time."""

import apsw
from msgspec import Struct

from ddesk.events.envelope import Recorded
from ddesk.events.image import ImageAdded, ImageFoundAgain, ImageMissing, ImageThumbnailMade

PREFIX = "image-"

_BITS_WITHIN_A_MILLISECOND = 20
_COLUMNS = (
    "key, id, generation_id, idx, seed, width, height, made_at, preset_id, file_size, pixels_sha256, missing, thumbnail"
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
    missing: bool
    thumbnail: bool


class Gallery:
    name = "gallery"
    version = 1
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
            missing integer not null default 0,
            thumbnail integer not null default 0
        ) strict""",
    )

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None:
        id_ = recorded.stream.removeprefix(PREFIX)
        match recorded.event:
            case ImageAdded() as event:
                _add(db, id_, event)
            case ImageThumbnailMade():
                db.execute("update image set thumbnail = 1 where id = ?", (id_,))
            case ImageMissing():
                db.execute("update image set missing = 1 where id = ?", (id_,))
            case ImageFoundAgain():
                db.execute("update image set missing = 0 where id = ?", (id_,))
            case _:
                pass


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


def page(db: apsw.Connection, *, before: int | None, limit: int) -> list[ImageRow]:
    """The newest first, those older than the one whose key is `before`."""
    found = db.execute(
        f"select {_COLUMNS} from image where key < ? order by key desc limit ?",
        (before or 1 << 62, limit),
    )
    return [_row(row) for row in found]


def by_id(db: apsw.Connection, id_: str) -> ImageRow | None:
    row = db.execute(f"select {_COLUMNS} from image where id = ?", (id_,)).fetchone()
    return _row(row) if row else None


def _row(row: tuple[int | str, ...]) -> ImageRow:
    *facts, missing, thumbnail = row
    return ImageRow(*facts, bool(missing), bool(thumbnail))  # type: ignore[call-arg,arg-type]  # strict tables hold these
