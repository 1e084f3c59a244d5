"""What becomes of the rows of read models, as SQLite itself records it (its session extension).

It records the rows of ordinary tables with a primary key: not what a full-text index keeps for itself, and not the
bookkeeping of how far each projection has come.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import apsw
from msgspec import Struct

Value = int | float | str | bytes | None

_BOOKKEEPING = ("projection", "seen")
_TABLES = (
    "select name from pragma_table_list where schema = 'main' and type = 'table'"
    " and name not like 'sqlite_%' and name not in (?, ?) order by name"
)
_KINDS: dict[str, Literal["added", "removed", "changed"]] = {
    "INSERT": "added",
    "DELETE": "removed",
    "UPDATE": "changed",
}


class Cell(Struct, frozen=True):
    column: str
    old: Value
    new: Value


class RowChange(Struct, frozen=True):
    """`cells` are those that differ: of a row that was added or removed all that hold something."""

    table: str
    key: tuple[Value, ...]
    kind: Literal["added", "removed", "changed"]
    cells: tuple[Cell, ...]


class ChangeRecorder:
    """For one connection, whose tables are those that there are now."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self.tables = {str(name): _columns(db, str(name)) for (name,) in db.execute(_TABLES, _BOOKKEEPING)}

    def during(self, work: Callable[[], None]) -> list[RowChange]:
        """What the work does to the rows, in sum."""
        return self._recorded(lambda _session: work())

    def against(self, schema: str) -> list[RowChange]:
        """What would make each table of the attached database `schema` what it is here."""

        def compare(session: apsw.Session) -> None:
            for table in self.tables:
                session.diff(schema, table)

        return self._recorded(compare)

    def _recorded(self, work: Callable[[apsw.Session], None]) -> list[RowChange]:
        session = apsw.Session(self._db, "main")
        try:
            for table in self.tables:
                session.attach(table)
            work(session)
            return sorted(self._changes(session.changeset()), key=lambda change: (change.table, change.key))
        finally:
            session.close()

    def _changes(self, changeset: bytes) -> Iterator[RowChange]:
        for each in apsw.Changeset.iter(changeset):
            columns = self.tables[each.name]
            old: Sequence[Any] = each.old or (None,) * len(columns)
            new: Sequence[Any] = each.new or (None,) * len(columns)
            keyed_by = old if each.old else new
            cells = [Cell(*cell) for cell in zip(columns, old, new, strict=True) if cell[2] is not apsw.no_change]
            yield RowChange(
                table=each.name,
                key=tuple(keyed_by[n] for n in sorted(each.pk_columns)),
                kind=_KINDS[each.op],
                cells=tuple(cell for cell in cells if cell.old != cell.new),
            )


def _columns(db: apsw.Connection, table: str) -> tuple[str, ...]:
    return tuple(str(name) for (name,) in db.execute("select name from pragma_table_info(?)", (table,)))
