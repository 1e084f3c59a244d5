"""Every image preset."""

import apsw
import msgspec
from msgspec import Struct

from ddesk.events.envelope import Recorded
from ddesk.events.preset import ImagePresetCreated

PREFIX = "image_preset-"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ImagePresetCreated).decode


class PresetRow(Struct, frozen=True):
    """`position` is that of the event that created it, by which lists are ordered."""

    position: int
    id: str
    preset: ImagePresetCreated


class Presets:
    name = "presets"
    version = 1
    schema = (
        """create table image_preset (
            position integer primary key,
            id text not null unique,
            preset text not null
        ) strict""",
    )

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None:
        match recorded.event:
            case ImagePresetCreated() as event:
                db.execute(
                    "insert into image_preset values (?, ?, ?)",
                    (recorded.position, recorded.stream.removeprefix(PREFIX), _encode(event).decode()),
                )
            case _:
                pass


def every(db: apsw.Connection) -> list[PresetRow]:
    """All of them, the oldest first."""
    return [PresetRow(p, id_, _decode(text)) for p, id_, text in db.execute("select * from image_preset")]


def by_id(db: apsw.Connection, id_: str) -> PresetRow | None:
    row = db.execute("select * from image_preset where id = ?", (id_,)).fetchone()
    return PresetRow(row[0], row[1], _decode(row[2])) if row else None
