"""What every worker process is around its role: the wire, heartbeats, previews, cancelling, and ending in time.

The role works on the main thread. A thread of its own holds the sockets, so that heartbeats, cancelling and shutting
down go on while an engine is busy. A third watches standard input, whose end means that the desk is gone.
"""

import ctypes
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import NoReturn

import msgspec
from msgspec.structs import replace

from ddesk.protocol.messages import FromWorker, Launch, Outcome, Preview, Work, WorkCancelled
from workers.role import Role, measured
from workers.wire import Wire

EXIT_FAULT = 70
EXIT_BAD_LAUNCH = 64
_PR_SET_PDEATHSIG = 1


def run(create: Callable[[dict[str, str]], Role]) -> int:
    """Play a worker until the desk ends it. Returns only where there is nothing to play: an exit code."""
    _prepare_process()
    try:
        launch = msgspec.json.decode(sys.stdin.buffer.readline(), type=Launch)
    except msgspec.DecodeError as wrong:
        print(f"A worker is started by the desk, which writes it a launch line: {wrong}.", file=sys.stderr)
        return EXIT_BAD_LAUNCH
    _in_thread("orphan-watch", _end_with_the_desk)
    try:
        role = create(launch.options)
        works: queue.SimpleQueue[Work] = queue.SimpleQueue()
        wire = Wire(launch, role, works.put)
        _in_thread("wire", wire.run)
        while True:
            _do(role, works.get(), wire)
    except BaseException:
        _fail()


def _prepare_process() -> None:
    os.environ["GGML_NO_BACKTRACE"] = "1"  # an engine that aborts would otherwise start a debugger on itself
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the desk's, which ends its workers in order
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_with_the_desk() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


def _do(role: Role, work: Work, wire: Wire) -> None:
    desk = _DeskOf(work, wire, role)
    wire.begin(work)
    if desk.is_cancelled(work.work_id):
        desk.say(WorkCancelled(work_id=work.work_id))
    else:
        role.work(work, desk)
    if not desk.ended:
        raise RuntimeError(f"{type(role).__name__} did not say how {type(work).__name__} ended.")


class _DeskOf:
    """The desk, as one piece of work sees it."""

    def __init__(self, work: Work, wire: Wire, role: Role) -> None:
        self.ended = False
        self._work = work
        self._wire = wire
        self._role = role

    def say(self, message: FromWorker, frame: bytes = b"") -> None:
        if isinstance(message, Outcome):
            self.ended = True
            self._wire.end(self._work)
            message = replace(message, memory=measured(self._role))
        self._wire.say(message, frame)

    def preview(self, message: Preview, frame: bytes) -> None:
        self._wire.say(message, frame)

    def is_cancelled(self, work_id: str) -> bool:
        return self._wire.is_cancelled(work_id)


def _in_thread(name: str, target: Callable[[], None]) -> None:
    def guarded() -> None:
        try:
            target()
        except BaseException:
            _fail()

    threading.Thread(target=guarded, name=name, daemon=True).start()


def _fail() -> NoReturn:
    """A fault ends the process and says what it was; the desk starts another."""
    traceback.print_exc()
    os._exit(EXIT_FAULT)
