import asyncio
from collections.abc import Iterator, Sequence

import pytest

from ddesk.events.envelope import Recorded
from ddesk.server.routes.events import in_turns

pytestmark = pytest.mark.quick


def test_a_long_look_for_few_events_lets_others_have_their_turn() -> None:
    turns: list[str] = []

    def reads() -> Iterator[Sequence[Recorded]]:
        for _ in range(2):
            turns.append("a read")
            yield []

    async def other() -> None:
        turns.append("another's turn")

    async def test() -> None:
        waiting = asyncio.create_task(other())
        assert await in_turns(reads()) == []
        await waiting

    asyncio.run(test())
    assert turns == ["a read", "another's turn", "a read"]
