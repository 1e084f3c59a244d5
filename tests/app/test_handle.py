import asyncio
from pathlib import Path

import apsw
import pytest

from ddesk.domain.generation import CancelGeneration
from tests.app.queue_at_work import queue_at_work

pytestmark = pytest.mark.quick

_ADD = (
    "insert into event values (2, 'generation-a', 2, 'GenerationFramed', 1, 0, zeroblob(16), 'c', null, 'c', 'user',"
    """ '{"frame":"gold"}', null, null, zeroblob(32), null, zeroblob(32))"""
)


def test_a_story_that_a_later_version_went_on_with_can_still_be_acted_on(tmp_path: Path) -> None:
    async def test() -> None:
        async with queue_at_work(tmp_path) as at:
            await at.request("a")
            log = apsw.Connection(str(at.data.log))
            log.execute(_ADD)
            log.close()
            assert at.state("a").status == "queued"
            await at.do("a", CancelGeneration())
            assert at.state("a").status == "cancelled"

    asyncio.run(test())
