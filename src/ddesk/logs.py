"""What the program says of itself: a line a message, `[time] [level] [file:line] message`, with the request's id."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from logging.handlers import RotatingFileHandler
from pathlib import Path

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request, reaction or command that the current code runs for."""

_FORMAT = "[%(asctime)s.%(msecs)03dZ] [%(levelname)s] [%(filename)s:%(lineno)d] [%(request)s] %(message)s"
_CONTROL_CHARACTERS = {code: repr(chr(code))[1:-1] for code in (*range(32), *range(127, 160))}
_MAX_BYTES = 4 << 20
_KEPT_FILES = 5


class _Formatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__(_FORMAT, "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        record.request = request_id.get()
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's own name
        """What others wrote, an address or a model's name, can't begin a line of its own or steer a terminal."""
        return super().formatMessage(record).translate(_CONTROL_CHARACTERS)


class _File(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's own name
        """A full disk costs lines of the log, and nobody a traceback for each."""
        if not isinstance(sys.exception(), OSError):
            super().handleError(record)


def configure(folder: Path | None, level: str, *, terminal: bool) -> None:
    """Log to a rotating file in `folder`, where one is given, and warnings (or all, with `terminal`) to stderr."""
    handlers: list[logging.Handler] = []
    if folder is not None:
        file = folder / "desk.log"
        handlers.append(
            _File(file, maxBytes=_MAX_BYTES, backupCount=_KEPT_FILES, encoding="utf-8", errors="backslashreplace")
        )
    on_screen = logging.StreamHandler(sys.stderr)
    on_screen.setLevel(level if terminal else logging.WARNING)
    handlers.append(on_screen)
    for handler in handlers:
        handler.setFormatter(_Formatter())
    logging.basicConfig(level=level, handlers=handlers, force=True)
    for chatty in ("httpx", "httpcore", "websockets", "asyncio", "PIL", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


@contextmanager
def during(id_: str) -> Iterator[None]:
    """Every line logged inside carries this id."""
    token = request_id.set(id_)
    try:
        yield
    finally:
        request_id.reset(token)
