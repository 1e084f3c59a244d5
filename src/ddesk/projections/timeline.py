"""Everything that happened: by kind, actor and words, and what led to what.

A lane is all events of one type by one actor. Each lane is in order and counted, so that any choice of kinds and
actors is a merge of a few lanes, and how many events lie between two positions is a difference.
"""

import heapq
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import get_args

import apsw
from msgspec import Struct

from ddesk.events import Event
from ddesk.events.codec import UnknownEvent
from ddesk.events.envelope import Recorded
from ddesk.events.generation import GenerationRequested
from ddesk.events.language_preset import LanguagePresetCreated, LanguagePresetEdited
from ddesk.events.log import DataForgotten
from ddesk.events.preset import ImagePresetCreated, ImagePresetEdited
from ddesk.events.privacy import PRIVATE_FIELDS, texts

_NO_END = (1 << 63) - 1
_SAID = ("words", "key")
"""What the desk says in plain words, and a setting's name, are searched beside all that is private."""
_KINDS = {"image_preset": "preset", "language_preset": "preset"}

_INTO_LANE = (
    "insert into entry"
    " select id, ?, 1 + ifnull((select n from entry where lane = id order by position desc limit 1), 0)"
    " from lane where type = ? and actor = ? and kind = ?"
)
_NEWEST = "select position from entry where lane = ? and position > ? and position < ? order by position desc limit ?"
_OLDEST = "select position from entry where lane = ? and position > ? and position < ? order by position limit ?"
_RANK = "select n from entry where lane = ? and position < ? order by position desc limit 1"
# Rowids are negative positions, so that the newest comes first in the index's own order.
_FOUND_NEWEST = "select -rowid from search where search match ? and rowid > ? and rowid < ? order by rowid limit ?"
_FOUND_OLDEST = "select -rowid from search where search match ? and rowid > ? and rowid < ? order by rowid desc limit ?"


def kind_of(stream: str) -> str:
    """What a stream is about, as a person would call it: `preset` for `image_preset-…`."""
    kind = stream.partition("-")[0]
    return _KINDS.get(kind, kind)


class Lane(Struct, frozen=True):
    """`id` is the position of its first event."""

    id: int
    kind: str
    type: str
    actor: str


class Wanted(Struct, frozen=True, kw_only=True):
    """Which events are wanted: those that fit everything that is given.

    An actor `api` is every program. `words` are what a person typed: all of them, the last as a beginning.
    """

    kinds: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    stream: str | None = None
    words: str = ""

    @property
    def some_lanes(self) -> bool:
        return bool(self.kinds or self.types or self.actors)

    def takes(self, lane: Lane) -> bool:
        actors = {lane.actor, lane.actor.partition(":")[0]}
        return (
            (not self.kinds or lane.kind in self.kinds)
            and (not self.types or lane.type in self.types)
            and (not self.actors or not actors.isdisjoint(self.actors))
        )


class Span(Struct, frozen=True):
    """The positions after < position < before."""

    after: int = 0
    before: int = _NO_END


class Timeline:
    name = "timeline"
    version = 1
    schema = (
        """create table lane (
            id integer primary key,
            kind text not null,
            type text not null,
            actor text not null,
            unique (type, actor, kind)
        ) strict""",
        # `n` counts the events of the lane up to this one.
        """create table entry (
            lane integer not null,
            position integer not null,
            n integer not null,
            primary key (lane, position)
        ) strict, without rowid""",
        """create table effect (
            cause integer not null,
            position integer not null,
            primary key (cause, position)
        ) strict, without rowid""",
        # `marks` holds the lane and the stream as one token each.
        """create virtual table search using fts5(
            words, marks, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
        )""",
    )

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None:
        _enter(db, recorded)
        if recorded.causation is not None:
            db.execute("insert into effect values (?, ?)", (recorded.causation, recorded.position))
        if words := words_of(recorded.event):
            _index(db, recorded, words)
        elif isinstance(recorded.event, DataForgotten):
            _forget(db, recorded.event.positions)


def _enter(db: apsw.Connection, recorded: Recorded) -> None:
    lane = (recorded.type, recorded.actor, kind_of(recorded.stream))
    db.execute(_INTO_LANE, (recorded.position, *lane))
    if not db.changes():
        db.execute("insert into lane (id, type, actor, kind) values (?, ?, ?, ?)", (recorded.position, *lane))
        db.execute(_INTO_LANE, (recorded.position, *lane))


def _index(db: apsw.Connection, recorded: Recorded, words: str) -> None:
    lane = (recorded.type, recorded.actor, kind_of(recorded.stream))
    db.execute(
        "insert into search (rowid, words, marks)"
        " select ?, ?, 'lane' || id || ' ' || ? from lane where type = ? and actor = ? and kind = ?",
        (-recorded.position, words, _stream_mark(recorded.stream), *lane),
    )


def _forget(db: apsw.Connection, positions: Sequence[int]) -> None:
    """What is deleted stays in the index's older parts until these are merged; so they are, at once."""
    db.executemany("delete from search where rowid = ?", [(-position,) for position in positions])
    db.execute("insert into search (search) values ('optimize')")


def _stream_mark(stream: str) -> str:
    """One word for the tokenizer, whatever the stream's id looks like."""
    return f"stream{stream.encode().hex()}"


_TEXTS: Mapping[type, Sequence[str]] = {
    kind: [name for name in kind.__struct_fields__ if name in _SAID or name in PRIVATE_FIELDS.get(kind.__name__, ())]
    for kind in get_args(Event)
}


def words_of(event: Event | UnknownEvent) -> str:
    """All that a person or a program said in it, each text once; empty where there is none."""
    said = [text for name in _TEXTS.get(type(event), ()) for text in texts(getattr(event, name))]
    match event:
        case GenerationRequested(recipe=recipe):
            said.append(recipe.preset_name)
        case ImagePresetCreated(content=content) | ImagePresetEdited(content=content):
            said.append(content.name)
        case LanguagePresetCreated(content=content) | LanguagePresetEdited(content=content):
            said.append(content.name)
        case _:
            pass
    return "\n".join(filter(None, dict.fromkeys(said)))


def lanes(db: apsw.Connection) -> list[Lane]:
    """Every pair of type and actor that ever was: a few dozen."""
    return [Lane(*row) for row in db.execute("select id, kind, type, actor from lane")]


def in_lanes(
    db: apsw.Connection, ids: Sequence[int], span: Span, limit: int, *, oldest_first: bool = False
) -> list[int]:
    """Positions within the span, newest first unless told otherwise."""
    select = _OLDEST if oldest_first else _NEWEST
    each = [[int(at) for (at,) in db.execute(select, (id_, span.after, span.before, limit))] for id_ in ids]
    return list(islice(heapq.merge(*each, reverse=not oldest_first), limit))


def count(db: apsw.Connection, lane: int, span: Span) -> int:
    """How many events of the lane lie within the span."""
    before = db.execute(_RANK, (lane, span.before)).get or 0
    return int(before) - int(db.execute(_RANK, (lane, span.after + 1)).get or 0)


def found(
    db: apsw.Connection, wanted: Wanted, ids: Sequence[int], span: Span, limit: int, *, oldest_first: bool = False
) -> list[int]:
    """As `in_lanes`, for what has words; `ids` narrow it where the wish names kinds or actors."""
    if not (matched := _match(wanted, ids)):
        return []
    select = _FOUND_OLDEST if oldest_first else _FOUND_NEWEST
    return [int(at) for (at,) in db.execute(select, (matched, -span.before, -span.after, limit))]


def _match(wanted: Wanted, ids: Sequence[int]) -> str:
    """What FTS5 is asked: never what was typed itself, but each of its words as a quoted one."""
    pieces = wanted.words.replace('"', " ").replace("\0", " ").split()
    typed = [word for word in pieces if any(map(str.isalnum, word))]
    if not typed:
        return ""
    # What begins with one letter is a good part of all that was ever said.
    beginning = "" if len(typed[-1]) == 1 and typed[-1].isascii() else "*"
    asked = ["words : (" + " AND ".join(f'"{word}"' for word in typed) + f"{beginning})"]
    if wanted.some_lanes:
        asked.append("marks : (" + (" OR ".join(f"lane{id_}" for id_ in ids) or "nowhere") + ")")
    if wanted.stream is not None:
        asked.append(f"marks : {_stream_mark(wanted.stream)}")
    return " AND ".join(asked)


def effects(db: apsw.Connection, position: int, limit: int) -> list[int]:
    """The positions of what this event caused, oldest first."""
    caused = db.execute("select position from effect where cause = ? order by position limit ?", (position, limit))
    return [int(at) for (at,) in caused]
