"""Where the workers' socket lies."""

import os
import tempfile
from pathlib import Path

_LONGEST_ADDRESS = 103
"""The shortest limit in use for a UNIX socket's path (macOS; Linux has 107), in bytes."""

_LONGEST_NAME = len("/ddesk-12345678/wire")


def new_socket_dir() -> Path:
    """A new directory that only this user can enter, its path short enough for a socket in it.

    Raises OSError where none can be made.
    """
    roots = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()]
    fitting = (root for root in roots if os.access(root, os.W_OK) and len(os.fsencode(root)) <= _LONGEST_ROOT)
    return Path(tempfile.mkdtemp(prefix="ddesk-", dir=next(fitting, "/tmp")))  # noqa: S108  mkdtemp makes it 0700


_LONGEST_ROOT = _LONGEST_ADDRESS - _LONGEST_NAME
