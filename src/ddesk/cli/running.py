"""What a running desk tells of itself in `desk.json`."""

import contextlib
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from ddesk.paths import DataDir, write_durably


class Running(Struct, frozen=True):
    url: str
    token: str
    pid: int


@contextlib.contextmanager
def telling(data: DataDir, running: Running) -> Iterator[None]:
    """`desk.json` is there for as long as the desk is."""
    write_durably(data.session, msgspec.json.encode(running))
    try:
        yield
    finally:
        data.session.unlink(missing_ok=True)


def told(data: DataDir) -> Running | None:
    """What the file says, be the desk still there or not; None where there is no such file, or a foreign one."""
    try:
        return msgspec.json.decode(data.session.read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError):
        return None
