import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from litestar.exceptions import WebSocketDisconnect

from ddesk.app.feed import Feed
from ddesk.app.notices import PreviewFrame
from ddesk.errors import Fault
from ddesk.events.envelope import Recorded
from ddesk.events.queue import QueuePaused
from ddesk.server.live import live
from tests.app.planning import made_up_planner

pytestmark = pytest.mark.quick


class Socket:
    """The browser's end: it takes in what it is sent only while `reads` is set."""

    def __init__(self) -> None:
        self.scope = {"state": {"actor": "api:tests"}}
        self.reads = asyncio.Event()
        self.reads.set()
        self.said: list[Any] = []
        self.gone = asyncio.Event()
        self.closed_with: int | None = None

    async def accept(self) -> None:
        pass

    async def receive_data(self, _: str) -> str:
        await self.gone.wait()
        raise WebSocketDisconnect(detail="gone")

    async def send_text(self, text: str) -> None:
        await self.reads.wait()
        self.said.append(msgspec.json.decode(text))

    async def send_bytes(self, content: bytes) -> None:
        await self.reads.wait()
        self.said.append(content)

    async def close(self, code: int) -> None:
        self.closed_with = code


class Reader:
    def head(self) -> Any:
        return SimpleNamespace(position=9)

    def events(self, **_: Any) -> list[Any]:
        raise Fault("log_damaged", "An event is damaged.")


def event(position: int) -> Recorded:
    return Recorded(position, "queue", position, "QueuePaused", 1, 0, b"", "c", None, "c", "user", QueuePaused())


def run(test: Callable[[Feed, Socket, Callable[..., asyncio.Task[None]]], Awaitable[None]]) -> None:
    async def connected() -> None:
        feed, socket = Feed(asyncio.get_running_loop()), Socket()
        feed.position = 3
        supervisor, planner = SimpleNamespace(status=list), made_up_planner(list)
        desk = SimpleNamespace(feed=feed, reader=Reader(), supervisor=supervisor, planner=planner)

        def connect(**asked: Any) -> asyncio.Task[None]:
            handler: Any = live.fn
            return asyncio.create_task(handler(socket=socket, desk=desk, **asked))

        await test(feed, socket, connect)

    asyncio.run(connected())


async def until(happened: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not happened():
            await asyncio.sleep(0)


def test_what_the_log_holds_and_the_read_models_lack_is_told_when_they_have_it() -> None:
    async def test(feed: Feed, socket: Socket, connect: Callable[..., asyncio.Task[None]]) -> None:
        task = connect()
        await until(lambda: socket.said)
        assert socket.said[0] == {"type": "ready", "position": 3, "reset": False}
        feed._tell_events([event(4)])
        await until(lambda: [each for each in socket.said if each["type"] == "event"])
        socket.gone.set()
        await task

    run(test)


def test_a_client_that_stands_still_keeps_one_preview_and_is_let_go_before_it_costs_an_event() -> None:
    async def test(feed: Feed, socket: Socket, connect: Callable[..., asyncio.Task[None]]) -> None:
        task = connect()
        await until(lambda: len(socket.said) == 2)
        socket.reads.clear()
        feed._tell_events([event(4)])
        await asyncio.sleep(0)
        for n in range(1000):
            feed.notice(PreviewFrame("id", b"%d" % n))
        feed._tell_events([event(5)])
        socket.reads.set()
        await until(lambda: any(each == b"id".ljust(36) + b"999" for each in socket.said))
        assert sum(isinstance(each, bytes) for each in socket.said) == 1
        socket.reads.clear()
        feed._tell_events([event(position) for position in range(6, 2000)])
        await task
        assert socket.closed_with == 1013

    run(test)


def test_a_mistake_ends_the_connection_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def test(_: Feed, socket: Socket, connect: Callable[..., asyncio.Task[None]]) -> None:
        await connect(after=1)
        assert socket.closed_with == 1011

    with caplog.at_level(logging.ERROR):
        run(test)
    assert "A live connection failed" in caplog.text


def test_a_client_that_goes_is_no_mistake(caplog: pytest.LogCaptureFixture) -> None:
    async def test(_: Feed, socket: Socket, connect: Callable[..., asyncio.Task[None]]) -> None:
        task = connect()
        await until(lambda: socket.said)
        socket.gone.set()
        await task

    with caplog.at_level(logging.ERROR):
        run(test)
    assert not caplog.records
