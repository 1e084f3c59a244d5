"""The desk's end of the wire against peers spoken by hand: workers, faulty ones and strangers."""

import logging
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zmq.utils.monitor import recv_monitor_message

from ddesk.protocol.messages import (
    MAX_MESSAGE_BYTES,
    PROTOCOL_VERSION,
    Cancel,
    Channel,
    Heartbeat,
    Hello,
    Launch,
    MemoryReport,
    Preview,
    Shutdown,
    ToWorker,
    Welcome,
    WorkCancelled,
    decode_to_worker,
    encode,
)
from ddesk.supervision.link import Arrival, Broke, Link, Opened, Said
from ddesk.supervision.transport import Transport

pytestmark = pytest.mark.quick

FRAME_LIMIT = 2 * MAX_MESSAGE_BYTES
HEARTBEAT = Heartbeat(state="idle", memory=MemoryReport(device="cpu", allocated_mb=1, free_mb=2, total_mb=3, rss_mb=4))


class Peer:
    """One channel of a worker, or of a stranger, spoken by hand."""

    def __init__(self, launch: Launch, channel: Channel = "work") -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._dealer = self._context.socket(zmq.DEALER)
        self._dealer.linger = 0
        self._dealer.reconnect_ivl = -1
        if launch.server_key:
            self._dealer.curve_serverkey = launch.server_key.encode()
            self._dealer.curve_publickey = launch.public_key.encode()
            self._dealer.curve_secretkey = launch.secret_key.encode()
        self._losses = self._dealer.get_monitor_socket(
            zmq.EVENT_DISCONNECTED | zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
        )
        self._dealer.connect(launch.endpoint)
        self._hello = Hello(
            protocol=PROTOCOL_VERSION, kind="fake", channel=channel, secret=launch.secret, pid=os.getpid()
        )

    def say(self, *parts: bytes) -> None:
        self._dealer.send_multipart(parts)

    def hello(self, **changes: object) -> None:
        self.say(encode(msgspec.structs.replace(self._hello, **changes)))

    def hear(self) -> ToWorker:
        return decode_to_worker(self._dealer.recv())

    def was_hung_up_on(self) -> bool:
        return bool(self._losses.poll(0)) and bool(recv_monitor_message(self._losses))

    def close(self) -> None:
        if not self._dealer.closed:
            self._dealer.disable_monitor()
            self._context.destroy(linger=0)


class Meeting:
    """A link, and the peers that come to it."""

    def __init__(self, transport: Transport) -> None:
        self.link = Link(transport, FRAME_LIMIT)
        self._peers: list[Peer] = []

    def peer(self, launch: Launch, channel: Channel = "work") -> Peer:
        self._peers.append(Peer(launch, channel))
        return self._peers[-1]

    def worker(self, name: str = "fake") -> tuple[Peer, Peer]:
        """Both channels of a worker that was let in."""
        launch = self.link.admit(name)
        work, control = self.peer(launch, "work"), self.peer(launch, "control")
        for peer in (work, control):
            peer.hello()
            assert isinstance(self.arrival(), Opened)
            assert isinstance(peer.hear(), Welcome)
        return work, control

    def arrival(self) -> Arrival:
        while True:
            self.link.wait(10)
            for arrival in self.link.arrivals():
                return arrival

    def drop_all_until(self, logged: str, caplog: pytest.LogCaptureFixture) -> None:
        """Listen until this is logged; nothing may arrive meanwhile."""
        while logged not in caplog.text:
            self.link.wait(0.01)
            assert list(self.link.arrivals()) == []

    def nothing_arrives_before_the_last_word_of(self, peer: Peer) -> bool:
        """Whether the next that arrives is what this peer says now: all that was said before has been dropped."""
        peer.say(encode(HEARTBEAT))
        arrival = self.arrival()
        return isinstance(arrival, Said) and arrival.message == HEARTBEAT

    def close(self) -> None:
        for peer in self._peers:
            peer.close()
        self.link.close()


@pytest.fixture(params=["ipc", "tcp"])
def meeting(request: pytest.FixtureRequest) -> Iterator[Meeting]:
    meeting = Meeting(request.param)
    yield meeting
    meeting.close()


@pytest.fixture
def tcp() -> Iterator[Meeting]:
    meeting = Meeting("tcp")
    yield meeting
    meeting.close()


# Those who belong here -----------------------------------------------------------------------------------------------


def test_a_worker_is_welcomed_and_heard_on_each_channel(meeting: Meeting) -> None:
    launch = meeting.link.admit("fake")
    for channel in ("work", "control"):
        peer = meeting.peer(launch, channel)
        peer.hello()
        opened = meeting.arrival()
        assert isinstance(opened, Opened)
        assert (opened.worker, opened.hello.channel) == ("fake", channel)
        assert peer.hear() == Welcome()
        peer.say(encode(HEARTBEAT))
        assert meeting.arrival() == Said("fake", HEARTBEAT, b"")


def test_each_channel_gets_what_is_meant_for_it(meeting: Meeting) -> None:
    work, control = meeting.worker()
    assert meeting.link.send("fake", "control", Shutdown())
    assert meeting.link.send("fake", "work", Cancel(work_id="1"))
    assert work.hear() == Cancel(work_id="1")
    assert control.hear() == Shutdown()


def test_a_frame_arrives_byte_for_byte(meeting: Meeting) -> None:
    work, _ = meeting.worker()
    frame, preview = os.urandom(FRAME_LIMIT - 64), Preview(work_id="1", step=1, width=2, height=3)
    work.say(encode(preview), frame)
    assert meeting.arrival() == Said("fake", preview, frame)


def test_workers_are_told_apart(meeting: Meeting) -> None:
    first, _ = meeting.worker("image")
    second, _ = meeting.worker("media")
    second.say(encode(HEARTBEAT))
    assert meeting.arrival() == Said("media", HEARTBEAT, b"")
    first.say(encode(HEARTBEAT))
    assert meeting.arrival() == Said("image", HEARTBEAT, b"")


def test_what_cannot_be_delivered_is_known(meeting: Meeting) -> None:
    assert not meeting.link.send("fake", "work", Shutdown())
    work, _ = meeting.worker()
    work.close()
    while meeting.link.send("fake", "work", Shutdown()):
        meeting.link.wait(0.01)


def test_waiting_ends_when_another_thread_asks_for_it() -> None:
    meeting = Meeting("ipc")
    waker = threading.Timer(0.01, meeting.link.wake)
    waker.start()
    meeting.link.wait(1000)
    waker.join()
    meeting.close()


# Those who don't -----------------------------------------------------------------------------------------------------


def test_a_wrong_secret_is_refused_and_logged(meeting: Meeting, caplog: pytest.LogCaptureFixture) -> None:
    launch = meeting.link.admit("fake")
    stranger = meeting.peer(launch)
    stranger.hello(secret="guessed")
    stranger.say(encode(HEARTBEAT))
    meeting.drop_all_until("stranger", caplog)
    assert "guessed" not in caplog.text
    meeting.peer(launch).hello()
    assert isinstance(meeting.arrival(), Opened)


def test_who_does_not_say_hello_first_is_refused_and_logged(meeting: Meeting, caplog: pytest.LogCaptureFixture) -> None:
    work, _ = meeting.worker()
    stranger = meeting.peer(meeting.link.admit("media"))
    stranger.say(encode(HEARTBEAT))
    meeting.drop_all_until("stranger", caplog)
    assert meeting.nothing_arrives_before_the_last_word_of(work)


def test_a_stranger_who_keeps_talking_is_logged_once(meeting: Meeting, caplog: pytest.LogCaptureFixture) -> None:
    launch = meeting.link.admit("media")
    stranger = meeting.peer(launch)
    for _ in range(50):
        stranger.say(b"noise")
    stranger.hello()  # on a connection that has already shown itself to be a stranger's it may still do so
    assert isinstance(meeting.arrival(), Opened)
    assert caplog.text.count("stranger") == 1


def test_the_secret_of_an_earlier_start_is_worth_nothing(meeting: Meeting) -> None:
    earlier = meeting.link.admit("fake")
    later = meeting.link.admit("fake")
    assert earlier.secret != later.secret
    meeting.peer(msgspec.structs.replace(later, secret=earlier.secret)).hello()
    rightful = meeting.peer(later, "control")
    rightful.hello()
    opened = meeting.arrival()
    assert isinstance(opened, Opened)
    assert opened.hello.channel == "control"


def test_a_secret_opens_a_channel_only_once(meeting: Meeting, caplog: pytest.LogCaptureFixture) -> None:
    launch = meeting.link.admit("fake")
    work = meeting.peer(launch)
    work.hello()
    assert isinstance(meeting.arrival(), Opened)
    thief = meeting.peer(launch)
    thief.hello()
    thief.say(encode(WorkCancelled(work_id="1")))
    meeting.drop_all_until("stranger", caplog)
    assert meeting.nothing_arrives_before_the_last_word_of(work)


def test_who_was_expelled_is_neither_heard_nor_spoken_to(meeting: Meeting, caplog: pytest.LogCaptureFixture) -> None:
    gone, _ = meeting.worker("fake")
    other, _ = meeting.worker("media")
    meeting.link.expel("fake")
    gone.say(encode(HEARTBEAT))
    meeting.link.wait(10)
    assert list(meeting.link.arrivals()) == []
    assert not meeting.link.send("fake", "work", Shutdown())
    other.say(encode(HEARTBEAT))
    assert meeting.arrival() == Said("media", HEARTBEAT, b"")
    assert "stranger" not in caplog.text


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4))
def test_no_noise_of_a_stranger_arrives(parts: list[bytes]) -> None:
    meeting = Meeting("ipc")
    try:
        launch = meeting.link.admit("fake")
        meeting.peer(launch, "control").say(*parts)
        meeting.link.wait(10)
        assert list(meeting.link.arrivals()) == []
    finally:
        meeting.close()


# CURVE ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", ["none", "made up", "of another server", "revoked"])
def test_a_tcp_peer_without_the_keys_of_this_start_is_refused_and_logged(
    tcp: Meeting, keys: str, caplog: pytest.LogCaptureFixture
) -> None:
    work, _ = tcp.worker("media")
    earlier, launch = tcp.link.admit("fake"), tcp.link.admit("fake")
    public, secret = (key.decode() for key in zmq.curve_keypair())
    change = {
        "none": {"server_key": "", "public_key": "", "secret_key": ""},
        "made up": {"public_key": public, "secret_key": secret},
        "of another server": {"server_key": public},
        "revoked": {"public_key": earlier.public_key, "secret_key": earlier.secret_key},
    }[keys]
    stranger = tcp.peer(msgspec.structs.replace(launch, **change))
    stranger.hello()
    tcp.drop_all_until("Refused a connection", caplog)
    assert tcp.nothing_arrives_before_the_last_word_of(work)


def test_every_start_has_keys_of_its_own(tcp: Meeting) -> None:
    first, second = tcp.link.admit("fake"), tcp.link.admit("fake")
    assert first.public_key != second.public_key
    assert first.secret_key != second.secret_key


def test_tcp_is_bound_to_loopback_alone(tcp: Meeting) -> None:
    assert tcp.link.endpoint.startswith("tcp://127.0.0.1:")


# Workers at fault ----------------------------------------------------------------------------------------------------


def test_another_version_is_told_in_plain_words(meeting: Meeting) -> None:
    peer = meeting.peer(meeting.link.admit("fake"))
    peer.hello(protocol=PROTOCOL_VERSION + 7)
    broke = meeting.arrival()
    assert isinstance(broke, Broke)
    assert f"version {PROTOCOL_VERSION + 7}" in broke.words
    assert f"version {PROTOCOL_VERSION}" in broke.words


def test_another_version_is_told_even_where_its_hello_has_other_fields(meeting: Meeting) -> None:
    launch = meeting.link.admit("fake")
    hello = {"type": "Hello", "protocol": 99, "secret": launch.secret, "channel": "telepathy", "novelty": [1]}
    meeting.peer(launch).say(msgspec.msgpack.encode(hello))
    broke = meeting.arrival()
    assert isinstance(broke, Broke)
    assert "version 99" in broke.words


@pytest.mark.parametrize(
    "parts",
    [
        (b"\xc1 not MessagePack",),
        (msgspec.msgpack.encode({"type": "Nonsense"}),),
        (encode(Shutdown()),),
        (encode(HEARTBEAT), b"frame", b"one part too many"),
        (encode(WorkCancelled(work_id="x" * MAX_MESSAGE_BYTES)),),
    ],
    ids=["no MessagePack", "unknown message", "a message of the desk's", "three parts", "longer than a message may be"],
)
def test_what_is_not_in_the_language_is_the_fault_of_its_worker(meeting: Meeting, parts: tuple[bytes, ...]) -> None:
    work, _ = meeting.worker()
    work.say(*parts)
    broke = meeting.arrival()
    assert isinstance(broke, Broke)
    assert broke.worker == "fake"


def test_an_oversized_part_ends_its_connection_and_no_other(meeting: Meeting) -> None:
    work, control = meeting.worker()
    work.say(encode(Preview(work_id="1", step=1, width=2, height=3)), bytes(FRAME_LIMIT + 1))
    while not work.was_hung_up_on():
        meeting.link.wait(0.01)
        assert list(meeting.link.arrivals()) == []
    assert meeting.nothing_arrives_before_the_last_word_of(control)


# Where the socket lies -----------------------------------------------------------------------------------------------


def test_only_its_owner_can_enter_the_folder_of_the_socket_and_it_goes_with_the_link() -> None:
    link = Link("ipc")
    folder = Path(link.endpoint.removeprefix("ipc://")).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    link.close()
    assert not folder.exists()


def test_a_long_temporary_folder_does_not_make_the_address_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    caplog.set_level(logging.ERROR)
    link = Link("ipc")
    assert len(os.fsencode(link.endpoint.removeprefix("ipc://"))) <= 107
    link.close()
