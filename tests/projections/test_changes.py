from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from ddesk.bootstrap import PROJECTIONS
from ddesk.projections.changes import Cell, ChangeRecorder, RowChange

pytestmark = pytest.mark.quick


@pytest.fixture
def db(tmp_path: Path) -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    connection.execute("attach ? as other", (str(tmp_path / "other.db"),))
    for schema in ("main", "other"):
        connection.execute(f"create table {schema}.shelf (id integer primary key, name text, note text) strict")
        connection.execute(f"insert into {schema}.shelf values (1, 'one', null), (2, 'two', 'x')")
    yield connection
    connection.close()


def test_each_way_in_which_a_row_changes_is_told(db: apsw.Connection) -> None:
    def work() -> None:
        db.execute("insert into shelf values (3, 'three', null)")
        db.execute("update shelf set note = null where id = 2")
        db.execute("delete from shelf where id = 1")

    changes = {each.key: each for each in ChangeRecorder(db).during(work)}
    assert changes == {
        (1,): RowChange("shelf", (1,), "removed", (Cell("id", 1, None), Cell("name", "one", None))),
        (2,): RowChange("shelf", (2,), "changed", (Cell("note", "x", None),)),
        (3,): RowChange("shelf", (3,), "added", (Cell("id", None, 3), Cell("name", None, "three"))),
    }


def test_what_is_undone_within_the_work_is_no_change(db: apsw.Connection) -> None:
    def work() -> None:
        db.execute("update shelf set name = 'x' where id = 1")
        db.execute("update shelf set name = 'one' where id = 1")

    assert ChangeRecorder(db).during(work) == []


def test_another_database_is_compared_row_by_row(db: apsw.Connection) -> None:
    recorder = ChangeRecorder(db)
    assert recorder.against("other") == []
    db.execute("update other.shelf set name = 'strayed' where id = 2")
    assert recorder.against("other") == [RowChange("shelf", (2,), "changed", (Cell("name", "strayed", "two"),))]


def test_every_table_of_the_read_models_has_the_key_without_which_nothing_is_recorded() -> None:
    db = apsw.Connection(":memory:")
    for projection in PROJECTIONS:
        for statement in projection.schema:
            db.execute(statement)
    tables = ChangeRecorder(db).tables
    assert {"generation", "image", "image_tag", "job", "worker"} <= set(tables)
    keyless = [
        name for name in tables if not db.execute("select count(*) from pragma_table_info(?) where pk", (name,)).get
    ]
    assert keyless == []
