"""A worker that speaks the wire by hand, and badly: `python rogue.py CONDUCT`. Most end only when they are ended."""

import os
import signal
import sys
import threading

import msgspec
import zmq

from ddesk.protocol.messages import (
    PROTOCOL_VERSION,
    Channel,
    Heartbeat,
    Hello,
    ImageMade,
    Launch,
    MakeImage,
    MemoryReport,
    decode_to_worker,
    encode,
)

MEMORY = MemoryReport(device="cpu", allocated_mb=0, free_mb=0, total_mb=0, rss_mb=0)


class Wire:
    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.work, self.control = (self._context.socket(zmq.DEALER) for _ in range(2))
        for dealer in (self.work, self.control):
            if launch.server_key:
                dealer.curve_serverkey = launch.server_key.encode()
                dealer.curve_publickey = launch.public_key.encode()
                dealer.curve_secretkey = launch.secret_key.encode()
            dealer.connect(launch.endpoint)

    def hello(self, **changes: object) -> None:
        channels: tuple[tuple[Channel, zmq.Socket[bytes]], ...] = (("work", self.work), ("control", self.control))
        for channel, dealer in channels:
            hello = Hello(
                protocol=PROTOCOL_VERSION, kind="fake", channel=channel, secret=self._launch.secret, pid=os.getpid()
            )
            dealer.send(encode(msgspec.structs.replace(hello, **changes)))

    def beat(self) -> None:
        self.control.send(encode(Heartbeat(state="idle", memory=MEMORY)))

    def next_picture(self) -> MakeImage:
        while not isinstance(message := decode_to_worker(self.work.recv()), MakeImage):
            pass
        return message

    def pass_off(self, work_id: str, frame: bytes) -> None:
        """Say that this picture is the one that was asked for."""
        made = ImageMade(
            work_id=work_id, seed=0, width=1, height=1, pixels_sha256="", seconds=0, peak_mb=0, buffers_mb={}
        )
        self.work.send_multipart([encode(made), frame])


def oversized(wire: Wire) -> None:
    """A picture in a frame of 2 MiB."""
    wire.hello()
    wire.beat()
    wire.pass_off(wire.next_picture().work_id, bytes(2 << 20))


def forger(wire: Wire) -> None:
    """Passes off a picture of its own; when its input ends, it tells how many messages it was sent, and goes."""
    wire.hello()
    wire.beat()
    wire.pass_off("picture", b"forged")
    sys.stdin.buffer.read()
    print(wire.work.poll(0) + wire.control.poll(0), flush=True)
    os._exit(0)


def garbage(wire: Wire) -> None:
    wire.hello()
    wire.beat()
    wire.next_picture()
    wire.work.send(b"\xc1")


def other_version(wire: Wire) -> None:
    wire.hello(protocol=PROTOCOL_VERSION + 1)


def wrong_secret(wire: Wire) -> None:
    wire.hello(secret="guessed")
    wire.beat()


def mute(wire: Wire) -> None:
    """Connects, gives one sign of life and no other."""
    wire.hello()
    wire.beat()


def deaf(wire: Wire) -> None:
    """Never connects, and ignores every request to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf", flush=True)


def main() -> None:
    launch = msgspec.json.decode(sys.stdin.buffer.readline(), type=Launch)
    conduct = {act.__name__: act for act in (oversized, forger, garbage, other_version, wrong_secret, mute, deaf)}
    conduct[sys.argv[1]](Wire(launch))
    threading.Event().wait()


if __name__ == "__main__":
    main()
