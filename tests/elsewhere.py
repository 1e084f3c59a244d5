"""Imports all of the desk and its workers as a system would that has none of POSIX's own modules and names.

Only the project's modules meet it: the standard library and other packages choose by system themselves. Prints what
was imported, and the transport that is then chosen.
"""

import builtins
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

MODULES = ("fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty")
NAMES = {
    os: (
        *("O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "O_SYNC", "WNOHANG", "chown", "fchmod", "fchown"),
        *("fork", "getegid", "geteuid", "getgid", "getpgid", "getuid", "kill", "killpg", "mkfifo", "nice", "openpty"),
        *("posix_fallocate", "posix_spawn", "pread", "pwrite", "register_at_fork", "sched_getaffinity", "setsid"),
        *("statvfs", "sync", "uname", "wait", "waitid"),
    ),
    signal: ("SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGSTOP", "SIGUSR1", "SIGUSR2", "alarm"),
    socket: ("AF_UNIX", "SO_REUSEPORT"),
}


def stripped(module: ModuleType, lacking: tuple[str, ...]) -> ModuleType:
    copy = ModuleType(module.__name__)
    copy.__dict__.update({name: value for name, value in vars(module).items() if name not in lacking})
    return copy


def move_elsewhere() -> None:
    there, others = builtins.__import__, {module.__name__: stripped(module, NAMES[module]) for module in NAMES}

    def import_(
        name: str,
        namespace: dict[str, Any] | None = None,
        local: dict[str, Any] | None = None,
        wanted: tuple[str, ...] = (),
        level: int = 0,
    ) -> Any:
        importer = (namespace or {}).get("__name__", "").partition(".")[0]
        if importer in ("ddesk", "workers") and level == 0:
            if name in MODULES:
                raise ModuleNotFoundError(f"{namespace and namespace['__name__']} imports {name}", name=name)
            if name in others:
                return others[name]
        return there(name, namespace, local, wanted, level)

    builtins.__import__ = import_  # type: ignore[assignment]  # typeshed wants a module; the copies are none of these


def import_all(*packages: str) -> Iterator[str]:
    for package in packages:
        folder = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(folder, f"{package}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
                yield module.name


def main() -> None:
    move_elsewhere()
    imported = list(import_all("ddesk", "workers"))
    sys.modules["fcntl"] = None  # type: ignore[assignment]  # as one that can't be imported
    from ddesk.supervision.transport import fitting

    print(json.dumps({"imported": imported, "transport": fitting("auto")}))


if __name__ == "__main__":
    main()
