"""Processes that the desk did not start, and that want to be heard by it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil
import pytest
import zmq
from msgspec.structs import replace

from ddesk.protocol.messages import ImageMade, Launch, Progress
from ddesk.supervision.link import Link
from ddesk.supervision.notices import WorkerGone
from ddesk.supervision.transport import Transport
from tests.supervised import Gate, load, logged, picture, supervised

_GUARD_SECONDS = 60
_FORGER = (sys.executable, str(Path(__file__).with_name("rogue.py")), "forger")


def made_up(launch: Launch) -> Launch:
    """One who knows the address and the server's public key, and tries the rest."""
    public, secret = (key.decode() for key in zmq.curve_keypair())
    return replace(launch, secret="guessed", public_key=public, secret_key=secret)


class Stranger(NamedTuple):
    """What it holds, of what the worker's earlier and its present process were given, and why it is refused."""

    holds: Callable[[Launch, Launch], Launch]
    over_ipc: str
    over_tcp: str


NO_HANDSHAKE = "its handshake failed"
NO_KEY = "its key is not one of a worker's"
NO_SECRET = "it does not hold the secret of any worker"
TOO_LATE = "channel of worker fake is already open"

STRANGERS = {
    "knows the address alone": Stranger(
        lambda _, now: Launch(endpoint=now.endpoint, secret=""), over_ipc=NO_SECRET, over_tcp=NO_HANDSHAKE
    ),
    "holds what an earlier start was given": Stranger(lambda earlier, _: earlier, over_ipc=NO_SECRET, over_tcp=NO_KEY),
    "holds the keys and a wrong secret": Stranger(
        lambda earlier, now: replace(now, secret=earlier.secret), over_ipc=NO_SECRET, over_tcp=NO_SECRET
    ),
    "guesses": Stranger(lambda _, now: made_up(now), over_ipc=NO_SECRET, over_tcp=NO_KEY),
    "holds all, and comes late": Stranger(lambda _, now: now, over_ipc=TOO_LATE, over_tcp=TOO_LATE),
}


@pytest.fixture(params=["ipc", "tcp"])
def transport(request: pytest.FixtureRequest) -> Transport:
    wanted: Transport = request.param
    return wanted


@pytest.fixture
def handed_out(monkeypatch: pytest.MonkeyPatch) -> list[Launch]:
    """What the desk wrote to its workers' inputs, start by start."""
    launches: list[Launch] = []
    admit = Link.admit

    def remember(link: Link, worker: str) -> Launch:
        launches.append(admit(link, worker))
        return launches[-1]

    monkeypatch.setattr(Link, "admit", remember)
    return launches


@contextmanager
def forger(launch: Launch) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(_FORGER, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write(msgspec.json.encode(launch) + b"\n")
        process.stdin.flush()
        yield process
        process.kill()


def heard_by(process: "subprocess.Popen[bytes]") -> int:
    """How many messages it was sent; it ends with that."""
    told, _ = process.communicate(timeout=_GUARD_SECONDS)
    return int(told)


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_is_refused_and_logged_hears_nothing_and_the_worker_goes_on(
    stranger: str, transport: Transport, handed_out: list[Launch], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    holds, over_ipc, over_tcp = STRANGERS[stranger]
    gate, why = Gate(tmp_path), over_ipc if transport == "ipc" else over_tcp
    with supervised(transport=transport) as desk:
        desk.connected()
        desk.restart("fake")
        pid = desk.connected().pid
        desk.send("fake", load())
        desk.send("fake", picture(gate.directive))
        desk.notices.next_said(Progress, "picture")

        with logged(why) as refused, forger(holds(*handed_out)) as process:
            assert refused.wait(_GUARD_SECONDS)
            gate.open()
            _, frame = desk.notices.next_said(ImageMade, "picture")
            assert frame.startswith(b"\x89PNG")
            desk.send("fake", picture(work_id="again"))
            desk.notices.next_said(ImageMade, "again")
            assert heard_by(process) == 0

        assert [made.work_id for made in desk.notices.said(ImageMade)] == ["picture", "again"]
        assert desk.now().pid == pid
        assert [gone.on_purpose for gone in desk.notices.of(WorkerGone)] == ["clean"]
    secrets = [secret for launch in handed_out for secret in (launch.secret, launch.secret_key) if secret]
    assert not [secret for secret in secrets if secret in caplog.text]


def test_what_lets_a_worker_in_shows_neither_in_its_arguments_nor_in_its_environment(
    transport: Transport, handed_out: list[Launch]
) -> None:
    """Other processes can read both: on Linux from /proc."""
    with supervised(transport=transport) as desk:
        pid = desk.connected().pid
        process = psutil.Process(pid)
        environment = process.environ()
        shown = "\n".join([*process.cmdline(), *environment, *environment.values()])
    (launch,) = handed_out
    assert "workers.fake" in shown
    assert "PYTHONUNBUFFERED" in shown
    assert not [
        secret for secret in (launch.secret, launch.secret_key, launch.public_key) if secret and secret in shown
    ]
