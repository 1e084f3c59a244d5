"""`/api/live`: what happens, as it happens.

A client says the last position it saw and misses nothing: it first gets what it missed, then what comes. One that
can't keep up loses previews and progress, never events: when those would be lost it is disconnected, and asks anew.
Previews are made only while a client wants them.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromQuery, QueryParameter

from ddesk.app.desk import Desk
from ddesk.app.memory import device_memory
from ddesk.app.notices import Alert, Notice, PreviewFrame, WorkProgress
from ddesk.events.envelope import Recorded
from ddesk.server import views
from ddesk.server.context import MAX_POSITION, TheDesk
from ddesk.server.schemas import LiveAlert, LiveEvent, LiveMemory, LiveMessage, LiveProgress, LiveReady

_MOST_MISSED = 500
_QUEUED = 1_000
_MEMORY_SECONDS = 1.0
_TRY_AGAIN_LATER = 1013


@websocket("/api/live")
async def live(
    socket: WebSocket[Any, Any, Any],
    desk: TheDesk,
    after: Annotated[int | None, QueryParameter(ge=0, le=MAX_POSITION)] = None,
    previews: FromQuery[bool] = True,
) -> None:
    await socket.accept()
    client = _Client(desk, previews=previews)
    tasks = [asyncio.create_task(part) for part in (client.send(socket, after), _until_closed(socket))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        client.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(_TRY_AGAIN_LATER)


async def _until_closed(socket: WebSocket[Any, Any, Any]) -> None:
    """Clients have nothing to say here; reading is how their going away is noticed."""
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive_data("text")


class _Client:
    def __init__(self, desk: Desk, *, previews: bool) -> None:
        self._desk = desk
        self._queue: asyncio.Queue[Recorded | Notice] = asyncio.Queue(_QUEUED)
        self._overrun = False
        self._unsubscribe = (desk.feed.on_events(self._events), desk.feed.on_notices(self._notice, previews=previews))

    def close(self) -> None:
        for end in self._unsubscribe:
            end()

    def _events(self, events: Sequence[Recorded]) -> None:
        for recorded in events:
            try:
                self._queue.put_nowait(recorded)
            except asyncio.QueueFull:
                self._overrun = True

    def _notice(self, notice: Notice) -> None:
        if isinstance(notice, Alert) or self._queue.qsize() < _QUEUED // 2:
            with contextlib.suppress(asyncio.QueueFull):
                self._queue.put_nowait(notice)

    async def send(self, socket: WebSocket[Any, Any, Any], after: int | None) -> None:
        """Until the client goes, or has fallen behind too far."""
        position = await self._greet(socket, after)
        memory = asyncio.create_task(self._tell_memory(socket))
        try:
            while not self._overrun:
                position = await self._pass_on(socket, await self._queue.get(), position)
        finally:
            memory.cancel()

    async def _greet(self, socket: WebSocket[Any, Any, Any], after: int | None) -> int:
        head = self._desk.reader.head().position
        missed = [] if after is None else self._desk.reader.events(after=after, limit=_MOST_MISSED + 1)
        reset = len(missed) > _MOST_MISSED or (after or 0) > head
        await _say(socket, LiveReady(position=head, reset=reset))
        if reset:
            return head
        for recorded in missed:
            await _say(socket, LiveEvent(event=views.event(recorded)))
        return max([head, *(recorded.position for recorded in missed)])

    async def _pass_on(self, socket: WebSocket[Any, Any, Any], told: Recorded | Notice, position: int) -> int:
        match told:
            case Recorded():
                if told.position > position:
                    await _say(socket, LiveEvent(event=views.event(told)))
                return max(position, told.position)
            case PreviewFrame(generation=id_, jpeg=jpeg):
                await socket.send_bytes(id_.encode() + jpeg)
            case WorkProgress():
                await _say(socket, _progress(told))
            case Alert():
                await _say(socket, _alert(told))
        return position

    async def _tell_memory(self, socket: WebSocket[Any, Any, Any]) -> None:
        while True:
            statuses = self._desk.supervisor.status()
            memory = views.memory(device_memory(statuses))
            await _say(socket, LiveMemory(memory=memory, workers=[views.worker(each) for each in statuses]))
            await asyncio.sleep(_MEMORY_SECONDS)


async def _say(socket: WebSocket[Any, Any, Any], message: LiveMessage) -> None:
    await socket.send_text(msgspec.json.encode(message).decode())


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
