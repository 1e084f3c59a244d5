"""A worker's end of the wire: two DEALERs in one thread, and what the other threads have to say."""

import math
import os
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import zmq

from ddesk.protocol import messages
from ddesk.protocol.messages import (
    Cancel,
    Channel,
    FromWorker,
    Heartbeat,
    Hello,
    Launch,
    LoadModel,
    Outcome,
    Preview,
    PreviewSeen,
    Shutdown,
    ToWorker,
    Welcome,
    Work,
    WorkerState,
)
from workers.role import Role, measured

EXIT_DISCONNECTED = 69
_LOST = (
    zmq.EVENT_DISCONNECTED
    | zmq.EVENT_CLOSED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)


class PreviewGate:
    """Lets one preview through until it has been seen; of those that come meanwhile the newest waits."""

    def __init__(self) -> None:
        self._unseen = False
        self._newest: tuple[Preview, bytes] | None = None

    def offer(self, preview: Preview, frame: bytes) -> tuple[Preview, bytes] | None:
        """What may be sent now."""
        self._newest = (preview, frame)
        return None if self._unseen else self._release()

    def seen(self) -> tuple[Preview, bytes] | None:
        """What may be sent now that the last one was seen."""
        self._unseen = False
        return self._release()

    def _release(self) -> tuple[Preview, bytes] | None:
        released, self._newest = self._newest, None
        self._unseen = released is not None
        return released


class Cancels:
    """Which work is to stop. A Cancel, on a channel of its own, may come before its work or after that has ended.

    One for the work that ended last is late, and must not stop a second try under the same id.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: set[str] = set()
        self._doing: str | None = None
        self._ended: str | None = None

    def begin(self, work_id: str) -> None:
        with self._lock:
            self._doing = work_id

    def end(self, work_id: str) -> None:
        with self._lock:
            self._doing, self._ended = None, work_id
            self._asked.discard(work_id)

    def ask(self, work_id: str) -> None:
        with self._lock:
            if work_id == self._doing or work_id != self._ended:
                self._asked.add(work_id)

    def is_asked(self, work_id: str) -> bool:
        with self._lock:
            return work_id in self._asked


class Wire:
    """`run` owns the sockets; every other method may be called from any thread."""

    def __init__(self, launch: Launch, role: Role, on_work: Callable[[Work], None]) -> None:
        self._launch = launch
        self._role = role
        self._on_work = on_work
        self._outgoing: queue.SimpleQueue[tuple[FromWorker, bytes]] = queue.SimpleQueue()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._doing: Work | None = None
        self._cancels = Cancels()
        self._previews = PreviewGate()
        self._previewed: str | None = None
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._control, self._work = context.socket(zmq.DEALER), context.socket(zmq.DEALER)
        self._losses = [dealer.get_monitor_socket(_LOST) for dealer in (self._control, self._work)]

    def say(self, message: FromWorker, frame: bytes = b"") -> None:
        """Previews pass the gate; all else is sent in order."""
        self._outgoing.put((message, frame))
        with suppress(BlockingIOError):  # so many calls are under way that it wakes anyhow
            self._waker.send(b"\0")

    def is_cancelled(self, work_id: str) -> bool:
        return self._cancels.is_asked(work_id)

    def begin(self, work: Work) -> None:
        """From now on heartbeats say so, and it can be cancelled."""
        self._doing = work
        self._cancels.begin(work.work_id)

    def end(self, work: Work) -> None:
        """To be called before its outcome is said."""
        self._cancels.end(work.work_id)
        self._doing = None

    def run(self) -> None:
        """Until the process ends: because the desk asks for that, or because the connection is lost."""
        self._open(self._control, "control")
        self._open(self._work, "work")
        poller = zmq.Poller()
        for source in (self._control, self._work, self._woken, *self._losses):
            poller.register(source, zmq.POLLIN)
        beat_at = time.monotonic()
        while True:
            poller.poll(math.ceil(max(0.0, beat_at - time.monotonic()) * 1000))
            self._end_if_disconnected()
            self._hear()
            self._speak()
            if time.monotonic() >= beat_at:
                beat_at = time.monotonic() + self._launch.heartbeat_seconds
                self._beat()

    def _open(self, dealer: "zmq.Socket[bytes]", channel: Channel) -> None:
        dealer.linger = 0
        dealer.setsockopt(zmq.RECONNECT_IVL, -1)  # who hung up on us will not take us back
        dealer.setsockopt(zmq.MAXMSGSIZE, messages.MAX_MESSAGE_BYTES)
        if self._launch.server_key:
            dealer.curve_serverkey = self._launch.server_key.encode()
            dealer.curve_publickey = self._launch.public_key.encode()
            dealer.curve_secretkey = self._launch.secret_key.encode()
        dealer.connect(self._launch.endpoint)
        dealer.send(messages.encode(self._hello(channel)))

    def _hello(self, channel: Channel) -> Hello:
        role = self._role.identity()
        return Hello(
            protocol=messages.PROTOCOL_VERSION,
            channel=channel,
            secret=self._launch.secret,
            pid=os.getpid(),
            kind=role.kind,
            engine=role.engine,
            engine_version=role.engine_version,
            backend=role.backend,
            device=role.device,
            can_abort=role.can_abort,
        )

    def _beat(self) -> None:
        doing = self._doing
        heartbeat = Heartbeat(
            state=_state(doing),
            memory=measured(self._role),
            model_loaded=self._role.model_loaded(),
            work_id=doing.work_id if doing else None,
        )
        self._control.send(messages.encode(heartbeat))

    def _hear(self) -> None:
        for dealer in (self._control, self._work):
            while dealer.poll(0):
                self._obey(messages.decode_to_worker(dealer.recv()))

    def _obey(self, message: ToWorker) -> None:
        match message:
            case Cancel(work_id=work_id):
                self._cancels.ask(work_id)
            case PreviewSeen(work_id=work_id):
                if work_id == self._previewed:
                    self._send(self._previews.seen())
            case Shutdown():
                os._exit(0)
            case Welcome():
                pass
            case work:
                self._on_work(work)

    def _speak(self) -> None:
        with suppress(BlockingIOError):
            self._woken.recv(4096)
        while not self._outgoing.empty():
            message, frame = self._outgoing.get_nowait()
            if isinstance(message, Preview):
                self._previewed = message.work_id
                self._send(self._previews.offer(message, frame))
            else:
                self._send((message, frame))
            if isinstance(message, Outcome):
                self._previews, self._previewed = PreviewGate(), None
                self._beat()  # before the next second is over, a model's memory may have come or gone

    def _send(self, said: tuple[FromWorker, bytes] | None) -> None:
        if said is not None:
            message, frame = said
            self._work.send_multipart([messages.encode(message), *([frame] if frame else [])])

    def _end_if_disconnected(self) -> None:
        if any(loss.poll(0) for loss in self._losses):
            print("The desk hung up.", file=sys.stderr, flush=True)
            os._exit(EXIT_DISCONNECTED)


def _state(doing: Work | None) -> WorkerState:
    if doing is None:
        return "idle"
    return "loading" if isinstance(doing, LoadModel) else "busy"
