"""The desk's end of the wire: one ROUTER, and who may speak on it."""

import hmac
import logging
import math
import secrets
import socket
from collections import deque
from collections.abc import Iterator

import msgspec
import zmq
from msgspec import Struct
from msgspec.structs import replace
from zmq.utils.monitor import recv_monitor_message

from ddesk.protocol import messages
from ddesk.protocol.messages import Channel, FromWorker, Hello, Launch, ToWorker
from ddesk.supervision.curve import Doorkeeper, KeyPair
from ddesk.supervision.socket_dir import SocketDir
from ddesk.supervision.transport import Transport

logger = logging.getLogger(__name__)

_LONGEST_WAIT_SECONDS = 60.0
_MESSAGES_A_TURN = 1000
_HANDSHAKE_FAILED = (
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)


class Opened(Struct, frozen=True):
    """A channel of a worker is open."""

    worker: str
    hello: Hello


class Said(Struct, frozen=True):
    worker: str
    message: FromWorker
    frame: bytes


class Broke(Struct, frozen=True):
    """A worker of ours broke the rules of the wire."""

    worker: str
    words: str


Arrival = Opened | Said | Broke


class Link:
    """Used by one thread at a time, but for `wake`. Only processes that hold what `admit` handed out are heard."""

    def __init__(self, transport: Transport = "ipc", max_frame_bytes: int = messages.MAX_FRAME_BYTES) -> None:
        """Raises OSError or zmq.ZMQError where no socket can be opened."""
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._folder = SocketDir() if transport == "ipc" else None
        self._doorkeeper = Doorkeeper(self._context) if transport == "tcp" else None
        self._router = self._open_router(max_frame_bytes)
        logger.info("Workers are reached at %s.", self.endpoint)
        self._refusals = self._router.get_monitor_socket(_HANDSHAKE_FAILED)
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._poller = self._make_poller()
        self._secrets: dict[str, str] = {}
        self._peers: dict[bytes, tuple[str, Channel]] = {}
        self._addresses: dict[tuple[str, Channel], bytes] = {}
        self._strangers: deque[bytes] = deque(maxlen=256)

    @property
    def endpoint(self) -> str:
        bound = self._router.getsockopt(zmq.LAST_ENDPOINT)
        assert isinstance(bound, bytes)
        return bound.rstrip(b"\0").decode()

    def admit(self, worker: str) -> Launch:
        """What a new process of this worker must show; what an earlier one had is worth nothing from now on."""
        self.expel(worker)
        self._secrets[worker] = secrets.token_urlsafe(32)
        keys = self._doorkeeper.issue(worker) if self._doorkeeper else KeyPair("", "")
        return Launch(
            endpoint=self.endpoint,
            secret=self._secrets[worker],
            server_key=self._doorkeeper.public_key if self._doorkeeper else "",
            public_key=keys.public,
            secret_key=keys.secret,
        )

    def expel(self, worker: str) -> None:
        """Hear nothing more from this worker's process."""
        self._secrets.pop(worker, None)
        if self._doorkeeper:
            self._doorkeeper.revoke(worker)
        for key in [key for key in self._addresses if key[0] == worker]:
            peer = self._addresses.pop(key)
            del self._peers[peer]
            self._strangers.append(peer)  # what it had still under way is no news

    def send(self, worker: str, channel: Channel, message: ToWorker) -> bool:
        """False where the worker can't be reached, or doesn't take its messages in."""
        address = self._addresses.get((worker, channel))
        if address is None:
            return False
        try:
            self._router.send_multipart([address, messages.encode(message)], zmq.NOBLOCK)
        except zmq.ZMQError as failed:
            logger.warning("Worker %s can't be reached on its %s channel: %s.", worker, channel, failed)
            return False
        return True

    def wait(self, seconds: float) -> None:
        """Until something arrives, `wake` is called or the time is over."""
        milliseconds = math.ceil(min(max(0.0, seconds), _LONGEST_WAIT_SECONDS) * 1000)
        ready = dict(self._poller.poll(milliseconds))
        if self._woken.fileno() in ready:
            self._rest()
        if self._refusals in ready:
            self._log_refusals()
        if self._doorkeeper and self._doorkeeper.socket in ready:
            self._doorkeeper.answer()

    def wake(self) -> None:
        """End a `wait`; from any thread."""
        try:
            self._waker.send(b"\0")
        except BlockingIOError:
            return  # so many calls are under way that it wakes anyhow
        except OSError:
            return  # closed meanwhile: nobody waits any more

    def arrivals(self) -> Iterator[Arrival]:
        """What has come in, without waiting."""
        for _ in range(_MESSAGES_A_TURN):
            try:
                peer, *parts = self._router.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            arrival = self._hear(peer, parts)
            if arrival is not None:
                yield arrival

    def close(self) -> None:
        self._router.disable_monitor()
        self._context.destroy(linger=0)
        self._woken.close()
        self._waker.close()
        if self._folder is not None:
            self._folder.remove()

    def _open_router(self, max_frame_bytes: int) -> "zmq.Socket[bytes]":
        router = self._context.socket(zmq.ROUTER)
        router.setsockopt(zmq.ROUTER_MANDATORY, 1)
        router.setsockopt(zmq.MAXMSGSIZE, max_frame_bytes)
        router.linger = 0
        if self._doorkeeper:
            self._doorkeeper.guard(router)
        router.bind(f"ipc://{self._folder.path}/desk" if self._folder else "tcp://127.0.0.1:*")
        return router

    def _make_poller(self) -> zmq.Poller:
        poller = zmq.Poller()
        poller.register(self._router, zmq.POLLIN)
        poller.register(self._refusals, zmq.POLLIN)
        poller.register(self._woken, zmq.POLLIN)
        if self._doorkeeper:
            poller.register(self._doorkeeper.socket, zmq.POLLIN)
        return poller

    def _rest(self) -> None:
        try:
            while self._woken.recv(4096):
                pass
        except BlockingIOError:
            return

    def _log_refusals(self) -> None:
        event = recv_monitor_message(self._refusals)
        logger.warning("Refused a connection: its handshake failed (%s).", zmq.Event(event["event"]).name)

    def _hear(self, peer: bytes, parts: list[bytes]) -> Arrival | None:
        known = self._peers.get(peer)
        if known is None:
            return self._greet(peer, parts)
        worker, _ = known
        if not 1 <= len(parts) <= 2 or len(parts[0]) > messages.MAX_MESSAGE_BYTES:
            return Broke(worker, "It sent a message longer than the wire allows.")
        try:
            message = messages.decode_from_worker(parts[0])
        except msgspec.DecodeError as wrong:
            return Broke(worker, f"It sent something that is not in the wire language ({wrong}).")
        if isinstance(message, Hello):
            return Broke(worker, "It said hello twice on one channel.")
        return Said(worker, message, parts[1] if len(parts) == 2 else b"")

    def _greet(self, peer: bytes, parts: list[bytes]) -> Arrival | None:
        try:
            greeting = messages.decode_greeting(b"".join(parts))
        except msgspec.DecodeError:
            self._refuse(peer, "it did not say hello first")
            return None
        worker = self._whose(greeting.secret)
        if worker is None:
            self._refuse(peer, "it does not hold the secret of any worker")
            return None
        if greeting.protocol != messages.PROTOCOL_VERSION:
            return Broke(worker, _other_version(greeting.protocol))
        return self._open(peer, worker, parts[0])

    def _open(self, peer: bytes, worker: str, part: bytes) -> Arrival | None:
        try:
            hello = messages.decode_from_worker(part)
        except msgspec.DecodeError as wrong:
            return Broke(worker, f"Its hello can't be read ({wrong}).")
        assert isinstance(hello, Hello)
        if (worker, hello.channel) in self._addresses:
            self._refuse(peer, f"the {hello.channel} channel of worker {worker} is already open")
            return None
        self._peers[peer] = (worker, hello.channel)
        self._addresses[worker, hello.channel] = peer
        self.send(worker, hello.channel, messages.Welcome())
        return Opened(worker, replace(hello, secret=""))  # it has served, and is nothing to pass around

    def _whose(self, secret: str) -> str | None:
        shown = secret.encode()
        matches = [worker for worker, own in self._secrets.items() if hmac.compare_digest(own.encode(), shown)]
        return matches[0] if matches else None

    def _refuse(self, peer: bytes, why: str) -> None:
        if peer not in self._strangers:
            self._strangers.append(peer)
            logger.warning("Refused a stranger's socket: %s.", why)


def _other_version(spoken: int) -> str:
    return (
        f"It speaks version {spoken} of the wire language and the desk version {messages.PROTOCOL_VERSION}: "
        "they belong to different versions of the program. Install it again."
    )
