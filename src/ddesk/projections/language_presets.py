"""Every language preset."""

import apsw
import msgspec
from msgspec import Struct

from ddesk.events.envelope import Recorded
from ddesk.events.language_preset import (
    LanguagePreset,
    LanguagePresetCreated,
    LanguagePresetDeleted,
    LanguagePresetEdited,
    LanguagePresetRestored,
    LanguagePrompts,
)
from ddesk.events.log import DataForgotten

PREFIX = "language_preset-"

_encode = msgspec.json.Encoder().encode
_content = msgspec.json.Decoder(LanguagePreset).decode
_prompts = msgspec.json.Decoder(LanguagePrompts).decode


class LanguagePresetRow(Struct, frozen=True):
    """`position` is that of the event that created it, by which lists are ordered."""

    position: int
    id: str
    content: LanguagePreset
    prompts: LanguagePrompts
    notes: str


class LanguagePresets:
    name = "language_presets"
    version = 1
    schema = (
        # `told` is the position of the event whose words it has.
        """create table language_preset (
            position integer primary key,
            told integer not null,
            id text not null unique,
            content text not null,
            prompts text not null,
            notes text not null,
            deleted integer not null default 0
        ) strict""",
    )

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None:
        id_ = recorded.stream.removeprefix(PREFIX)
        match recorded.event:
            case LanguagePresetCreated(content=content, prompts=prompts, notes=notes):
                db.execute(
                    "insert into language_preset (position, told, id, content, prompts, notes)"
                    " values (?, ?, ?, ?, ?, ?)",
                    (recorded.position, recorded.position, id_, _text(content), _text(prompts), notes),
                )
            case LanguagePresetEdited(content=content, prompts=prompts, notes=notes):
                db.execute(
                    "update language_preset set told = ?, content = ?, prompts = ?, notes = ? where id = ?",
                    (recorded.position, _text(content), _text(prompts), notes, id_),
                )
            case LanguagePresetDeleted() | LanguagePresetRestored() as event:
                deleted = isinstance(event, LanguagePresetDeleted)
                db.execute("update language_preset set deleted = ? where id = ?", (deleted, id_))
            case DataForgotten(positions=positions):
                db.executemany(
                    "update language_preset set prompts = ?, notes = '' where told = ?",
                    [(_text(LanguagePrompts()), position) for position in positions],
                )
            case _:
                pass


_SELECT = "select position, id, content, prompts, notes from language_preset"


def every(db: apsw.Connection) -> list[LanguagePresetRow]:
    """All that are not deleted, the oldest first."""
    return [_row(row) for row in db.execute(f"{_SELECT} where not deleted order by position")]


def by_id(db: apsw.Connection, id_: str) -> LanguagePresetRow | None:
    """Also a deleted one."""
    row = db.execute(f"{_SELECT} where id = ?", (id_,)).fetchone()
    return _row(row) if row else None


def _text(value: Struct) -> str:
    return _encode(value).decode()


def _row(row: tuple[int, str, str, str, str]) -> LanguagePresetRow:
    position, id_, content, prompts, notes = row
    return LanguagePresetRow(position, id_, _content(content), _prompts(prompts), notes)
