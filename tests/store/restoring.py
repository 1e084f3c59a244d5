"""Restores a backup and is killed on the way: `python -m tests.store.restoring BACKUP LOG ASIDE CALL`.

The process kills itself right before the call of that number (from 1) to the system that changes a name or makes
something durable. It exits with 0 where there were fewer.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ddesk.paths import migrations
from ddesk.store.restore import restore

CALLS = ("fsync", "link", "unlink", "rename", "replace")


def kill_before(number: int) -> None:
    made = 0

    def guarded(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            nonlocal made
            made += 1
            if made == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **named)

        return run

    for name in CALLS:
        setattr(os, name, guarded(getattr(os, name)))


if __name__ == "__main__":
    backup, log, aside, call = sys.argv[1:]
    kill_before(int(call))
    restore(Path(backup), Path(log), Path(aside), migrations(), 1)
