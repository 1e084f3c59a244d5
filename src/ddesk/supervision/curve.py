"""Who may open a TCP connection: the holders of the CURVE keys that this start handed out."""

import logging

import zmq
from msgspec import Struct
from zmq.utils import z85

logger = logging.getLogger(__name__)

_ZAP_ENDPOINT = "inproc://zeromq.zap.01"
_ZAP_VERSION = b"1.0"
_DOMAIN = "desk"
_KEY_FRAME = 6


class KeyPair(Struct, frozen=True):
    """Z85 text, 40 characters each."""

    public: str
    secret: str


class Doorkeeper:
    """Makes keys, and answers each handshake's question whether it knows the caller's (ZAP, ZeroMQ RFC 27)."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
        self._own = _new_pair()
        self._known: dict[bytes, str] = {}
        self.socket = context.socket(zmq.REP)
        self.socket.linger = 0
        self.socket.bind(_ZAP_ENDPOINT)

    @property
    def public_key(self) -> str:
        return self._own.public

    def guard(self, server: "zmq.Socket[bytes]") -> None:
        """Let `server` speak CURVE alone; to be called before it binds."""
        server.curve_server = True
        server.curve_secretkey = self._own.secret.encode()
        server.zap_domain = _DOMAIN.encode()

    def issue(self, worker: str) -> KeyPair:
        """A fresh pair; the worker's earlier ones are no longer known."""
        self.revoke(worker)
        pair = _new_pair()
        self._known[z85.decode(pair.public)] = worker
        return pair

    def revoke(self, worker: str) -> None:
        self._known = {key: owner for key, owner in self._known.items() if owner != worker}

    def answer(self) -> None:
        """Answer the one request that has come in."""
        request = self.socket.recv_multipart()
        worker = self._known.get(request[_KEY_FRAME]) if len(request) > _KEY_FRAME else None
        if worker is None:
            logger.warning("Refused a connection: its key is not one of a worker's.")
        verdict = [b"200", b"OK", worker.encode()] if worker else [b"400", b"unknown key", b""]
        self.socket.send_multipart([_ZAP_VERSION, request[1], *verdict, b""])


def _new_pair() -> KeyPair:
    public, secret = zmq.curve_keypair()
    return KeyPair(public.decode(), secret.decode())
