from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ddesk.bootstrap import PROJECTIONS
from ddesk.events.envelope import NewEvent
from ddesk.projections.shadow import build, read_file
from ddesk.store.connection import open_database
from ddesk.store.log_reader import LogReader
from tests.projections.conftest import Desk, rows
from tests.projections.histories import histories

pytestmark = pytest.mark.quick


def shadow(desk: Desk, name: str, position: int, older: Path | None = None) -> Path:
    """The folder of one that was built of the desk's log."""
    folder = desk.folder / name
    build(folder, position, PROJECTIONS, desk.log, lambda path: open_database(path, "read"), lambda _: None, older)
    return folder


def rows_of(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    return rows(read_file(folder, PROJECTIONS))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), history=histories)
def test_the_desk_as_of_a_position_is_what_it_was_when_its_log_ended_there(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, history: list[NewEvent]
) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    position = data.draw(st.integers(0, len(history)))
    runner = desk.open()
    for event in history[:position]:
        desk.tell(runner, event)
    reader = LogReader.open(desk.folder / "log.db")
    then, told, head = rows(runner.path), reader.events(limit=500), reader.head()
    for event in history[position:]:
        desk.tell(runner, event)
    runner.close()
    older = shadow(desk, "older", data.draw(st.integers(0, position)))
    assert rows_of(shadow(desk, "from-nothing", position)) == then
    assert rows_of(shadow(desk, "from-the-older", position, older)) == then
    earlier = reader.until(position)
    assert (earlier.events(limit=500), earlier.head(), list(earlier.read())) == (told, head, told[::-1])
    reader.close()
    desk.log.close()


def test_what_is_half_built_has_another_name_and_is_begun_anew(desk: Desk) -> None:
    folder = desk.folder / "as-of"
    half = folder.with_suffix(".building")
    half.mkdir()
    (half / read_file(folder, PROJECTIONS).name).write_text("torn")

    def interrupted(position: int) -> None:
        raise KeyboardInterrupt

    build(folder, 0, PROJECTIONS, desk.log, lambda path: open_database(path, "read"), interrupted)
    assert [each.name for each in desk.folder.glob("as-of*")] == ["as-of"]
    assert rows_of(folder)["queue"] == [(1, 0)]
