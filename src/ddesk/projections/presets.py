"""Every image preset."""

import apsw
import msgspec
from msgspec import Struct

from ddesk.events.envelope import Recorded
from ddesk.events.preset import (
    ImagePreset,
    ImagePresetCreated,
    ImagePresetDeleted,
    ImagePresetEdited,
    ImagePresetRestored,
)

PREFIX = "image_preset-"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ImagePreset).decode


class PresetRow(Struct, frozen=True):
    """`position` is that of the event that created it, by which lists are ordered."""

    position: int
    id: str
    content: ImagePreset
    notes: str


class Presets:
    name = "presets"
    version = 3
    schema = (
        """create table image_preset (
            position integer primary key,
            id text not null unique,
            content text not null,
            notes text not null,
            deleted integer not null default 0
        ) strict""",
    )

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None:
        id_ = recorded.stream.removeprefix(PREFIX)
        match recorded.event:
            case ImagePresetCreated(content=content, notes=notes):
                db.execute(
                    "insert into image_preset (position, id, content, notes) values (?, ?, ?, ?)",
                    (recorded.position, id_, _encode(content).decode(), notes),
                )
            case ImagePresetEdited(content=content, notes=notes):
                db.execute(
                    "update image_preset set content = ?, notes = ? where id = ?",
                    (_encode(content).decode(), notes, id_),
                )
            case ImagePresetDeleted() | ImagePresetRestored() as event:
                deleted = isinstance(event, ImagePresetDeleted)
                db.execute("update image_preset set deleted = ? where id = ?", (deleted, id_))
            case _:
                pass


_SELECT = "select position, id, content, notes from image_preset"


def every(db: apsw.Connection) -> list[PresetRow]:
    """All that are not deleted, the oldest first."""
    return [_row(row) for row in db.execute(f"{_SELECT} where not deleted order by position")]


def by_id(db: apsw.Connection, id_: str) -> PresetRow | None:
    """Also a deleted one."""
    row = db.execute(f"{_SELECT} where id = ?", (id_,)).fetchone()
    return _row(row) if row else None


def _row(row: tuple[int, str, str, str]) -> PresetRow:
    position, id_, content, notes = row
    return PresetRow(position, id_, _decode(content), notes)
