"""`/api/live`: what happens, as it happens.

A client says the last position it saw and misses nothing: it first gets what it missed, then what comes. One that
can't keep up loses previews and progress, never events: when those would be lost it is disconnected, and asks anew.
Previews are made only while a client wants them.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Annotated, Any

import msgspec
from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromQuery, QueryParameter

from ddesk.app.desk import Desk
from ddesk.app.notices import Alert, LoadProgress, ModelsChanged, Notice, PreviewFrame, ShadowProgress, WorkProgress
from ddesk.events.envelope import Recorded
from ddesk.server import memory_views, system_views, views
from ddesk.server.context import MAX_POSITION, TheDesk
from ddesk.server.live_schemas import (
    LiveAlert,
    LiveEvent,
    LiveLoading,
    LiveMemory,
    LiveMessage,
    LiveModels,
    LiveProgress,
    LiveReady,
    LiveShadow,
)

_ID_BYTES = 36
_MOST_MISSED = 500
_QUEUED = 1_000
_MEMORY_SECONDS = 1.0
_TRY_AGAIN_LATER, _MISTAKE = 1013, 1011
_GONE = (WebSocketDisconnect, OSError)
"""What sending to a client that is gone raises."""

_log = logging.getLogger(__name__)


@websocket("/api/live")
async def live(
    socket: WebSocket[Any, Any, Any],
    desk: TheDesk,
    after: Annotated[int | None, QueryParameter(ge=0, le=MAX_POSITION)] = None,
    previews: FromQuery[bool] = True,
) -> None:
    await socket.accept()
    with _attended(desk, socket):
        await _converse(socket, _Client(desk, socket, previews=previews), after)


def _attended(desk: Desk, socket: WebSocket[Any, Any, Any]) -> AbstractContextManager[None]:
    """A person's page keeps the desk open; a program that listens does not."""
    return desk.attendance.page() if socket.scope["state"]["actor"] == "user" else contextlib.nullcontext()


async def _converse(socket: WebSocket[Any, Any, Any], client: "_Client", after: int | None) -> None:
    parts = (client.send(after), client.tell_memory(), client.overrun.wait(), _until_closed(socket))
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        client.close()
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
        await socket.close(_close_code(outcomes))


def _close_code(outcomes: Sequence[object]) -> int:
    mistakes = [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, _GONE)]
    for mistake in mistakes:
        _log.error("A live connection failed", exc_info=mistake)
    return _MISTAKE if mistakes else _TRY_AGAIN_LATER


async def _until_closed(socket: WebSocket[Any, Any, Any]) -> None:
    """Clients have nothing to say here; reading is how their going away is noticed."""
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive_data("text")


class _Client:
    """`overrun` is set once it has fallen behind too far. Of previews only the newest waits to be sent."""

    def __init__(self, desk: Desk, socket: WebSocket[Any, Any, Any], *, previews: bool) -> None:
        self.overrun = asyncio.Event()
        self._desk = desk
        self._socket = socket
        self._queue: asyncio.Queue[Recorded | Notice] = asyncio.Queue(_QUEUED)
        self._preview: PreviewFrame | None = None
        self._greeted = asyncio.Event()
        self._unsubscribe = (desk.feed.on_events(self._events), desk.feed.on_notices(self._notice, previews=previews))

    def close(self) -> None:
        for end in self._unsubscribe:
            end()

    def _events(self, events: Sequence[Recorded]) -> None:
        for recorded in events:
            try:
                self._queue.put_nowait(recorded)
            except asyncio.QueueFull:
                self.overrun.set()

    def _notice(self, notice: Notice) -> None:
        if isinstance(notice, PreviewFrame) and self._preview:
            self._preview = notice
            return
        room = _QUEUED if isinstance(notice, Alert) else _QUEUED // 2
        if self._queue.qsize() < room:
            self._queue.put_nowait(notice)
            if isinstance(notice, PreviewFrame):
                self._preview = notice

    async def send(self, after: int | None) -> None:
        position = await self._greet(after)
        self._greeted.set()
        while True:
            position = await self._pass_on(await self._queue.get(), position)

    async def _greet(self, after: int | None) -> int:
        """Up to where the read models are: what the log holds beyond comes by the feed, once they have it too."""
        known, reader = self._desk.feed.position, self._desk.reader
        missed = [] if after is None else reader.events(after=after, before=known + 1, limit=_MOST_MISSED + 1)
        reset = len(missed) > _MOST_MISSED or (after or 0) > reader.head().position
        await self._say(LiveReady(position=known, reset=reset))
        if reset:
            return known
        for recorded in missed:
            await self._say(LiveEvent(event=views.event(recorded)))
        return max(known, after or 0)

    async def _pass_on(self, told: Recorded | Notice, position: int) -> int:
        match told:
            case Recorded():
                if told.position > position:
                    await self._say(LiveEvent(event=views.event(told)))
                return max(position, told.position)
            case PreviewFrame():
                newest, self._preview = self._preview or told, None
                await self._socket.send_bytes(newest.generation.ljust(_ID_BYTES).encode() + newest.jpeg)
            case WorkProgress():
                await self._say(_progress(told))
            case Alert():
                await self._say(_alert(told))
            case ShadowProgress():
                await self._say(LiveShadow(position=told.position, done=told.done))
            case LoadProgress():
                await self._say(
                    LiveLoading(worker=told.worker, preset=told.preset_id, part=round(told.part, 3), over=told.over)
                )
            case ModelsChanged():
                await self._say(LiveModels(files=told.files, unknown=told.unknown))
        return position

    async def tell_memory(self) -> None:
        await self._greeted.wait()
        while True:
            statuses = self._desk.supervisor.status()
            await self._say(
                LiveMemory(
                    memory=memory_views.of_device(self._desk), workers=[system_views.worker(each) for each in statuses]
                )
            )
            await asyncio.sleep(_MEMORY_SECONDS)

    async def _say(self, message: LiveMessage) -> None:
        await self._socket.send_text(msgspec.json.encode(message).decode())


def _progress(told: WorkProgress) -> LiveProgress:
    return LiveProgress(
        generation=told.generation,
        phase=told.phase,
        step=told.step,
        steps=told.steps,
        image=told.image,
        batch=told.batch,
        steps_per_second=told.steps_per_second,
        elapsed_seconds=told.elapsed,
        remaining_seconds=told.remaining,
    )


def _alert(told: Alert) -> LiveAlert:
    return LiveAlert(level=told.level, code=told.code, title=told.title, words=told.words, generation=told.generation)
