import asyncio
from pathlib import Path

import pytest

from ddesk.app.searches import Searches, Sources
from ddesk.errors import Fault, NotFound
from ddesk.paths import migrations
from ddesk.store.connection import open_database
from ddesk.store.event_log import EventLog
from ddesk.store.log_reader import LogReader
from tests.store.sample import append

pytestmark = pytest.mark.quick

ENDLESS = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    log = EventLog.open(tmp_path / "log.db", migrations())
    log.append([append("job-1")])
    log.close()
    open_database(tmp_path / "read.db", "read").close()
    return Sources(LogReader.open(tmp_path / "log.db"), open_database(tmp_path / "read.db", "read-reader"))


async def _asked(sources: Sources) -> None:
    searches = Searches(sources, seconds=0.05)
    for endless in (
        lambda found: found.read_models.execute(ENDLESS).fetchall(),
        lambda found: found.reader._connection.execute(ENDLESS).fetchall(),
    ):
        with pytest.raises(Fault) as given_up:
            await searches.ask(endless)
        assert given_up.value.code == "took_too_long"
    assert await searches.ask(lambda found: found.reader.head().position) == 1
    with pytest.raises(NotFound):
        await searches.ask(_nothing)
    searches.close()
    sources.close()


def _nothing(_: Sources) -> None:
    raise NotFound("no_such_event", "No.")


def test_a_question_that_takes_too_long_is_given_up_and_the_next_is_answered(sources: Sources) -> None:
    asyncio.run(_asked(sources))
