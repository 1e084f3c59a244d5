"""How the desk and its workers reach each other on this machine."""

from importlib.util import find_spec
from typing import Literal

import zmq

Transport = Literal["ipc", "tcp"]
"""A socket file that its owner alone can reach, or loopback with the keys of this start."""


def fitting(wanted: Literal["auto", "tcp"]) -> Transport:
    """`auto` takes socket files where the system has them, and locks for their folder: Windows lacks the latter."""
    return "ipc" if wanted == "auto" and zmq.has("ipc") and find_spec("fcntl") else "tcp"
