"""One process of a worker: started with its launch line, listened to, ended."""

import logging
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Sequence

import msgspec

from ddesk.protocol.messages import Launch
from ddesk.supervision.stderr_tail import OutputTail

logger = logging.getLogger(__name__)

_READ_BYTES = 64 << 10
_LOGGED_CHARACTERS = 2000
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LAST_OUTPUT_SECONDS = 0.5
"""How long output is awaited after the end; a grandchild may hold the pipe open for good."""


class WorkerProcess:
    """Start it from a thread that lives on: on Linux the process asks to be killed when that thread ends.

    Its standard input stays open, and its end tells the process that the desk is gone. `on_exit` is called once, from
    a thread of this object's own, when the process has ended and its output is read.
    """

    def __init__(
        self, worker: str, command: Sequence[str], launch: Launch, on_exit: Callable[["WorkerProcess"], None]
    ) -> None:
        """Raises OSError where it can't be started."""
        self.output = OutputTail()
        self._worker = worker
        self._on_exit = on_exit
        self._started = time.monotonic()
        self._popen = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            bufsize=0,
            start_new_session=True,  # the terminal's Ctrl+C is for the desk, which ends its workers in order
        )
        self._hand_over(launch)
        threading.Thread(target=self._watch, name=f"watch-{worker}", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs, and where a signal ended it."""
        code = self._popen.returncode
        return None if code is None or code < 0 else code

    @property
    def signal(self) -> int | None:
        code = self._popen.returncode
        return -code if code is not None and code < 0 else None

    def lived_seconds(self) -> float:
        return time.monotonic() - self._started

    def close_input(self) -> None:
        """Tells it that the desk has left it."""
        if self._popen.stdin is not None:
            self._popen.stdin.close()

    def terminate(self) -> None:
        self._popen.terminate()

    def kill(self) -> None:
        self._popen.kill()

    def _hand_over(self, launch: Launch) -> None:
        assert self._popen.stdin is not None
        try:
            self._popen.stdin.write(msgspec.json.encode(launch) + b"\n")
        except BrokenPipeError:
            logger.debug("Worker %s ended before it read its launch line.", self._worker)

    def _watch(self) -> None:
        reader = threading.Thread(target=self._read_output, name=f"output-{self._worker}", daemon=True)
        reader.start()
        self._popen.wait()
        reader.join(_LAST_OUTPUT_SECONDS)
        self._on_exit(self)

    def _read_output(self) -> None:
        assert self._popen.stdout is not None
        rest = b""
        with self._popen.stdout as pipe:
            while chunk := pipe.read(_READ_BYTES):
                self.output.add(chunk)
                *lines, rest = re.split(rb"[\r\n]+", rest + chunk)
                self._log(lines)
                rest = rest[:_LOGGED_CHARACTERS]
        self._log([rest])

    def _log(self, lines: Sequence[bytes]) -> None:
        for line in filter(None, lines):
            text = _UNPRINTABLE.sub("·", line.decode("utf-8", "replace"))[:_LOGGED_CHARACTERS]
            logger.info("%s[%d]: %s", self._worker, self.pid, text)
