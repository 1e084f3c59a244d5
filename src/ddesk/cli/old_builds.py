"""Removes what earlier builds of the one-file executable unpacked: each has a folder of its own beside the others.

What a process runs from or has mapped stays. So does what was unpacked or started within the last day: a program that
is just starting is no process yet that could be seen there, and neither is one in a container.
"""

import logging
import os
import re
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from ddesk import paths

_log = logging.getLogger(__name__)
NAME = re.compile(r"\d+(\.\d+)+\w*-[0-9a-f]{12}")
"""As the build names its folder; on Windows it lies among other things of the desk's."""
_UNUSED_SECONDS = 24 * 3600.0


class Build(NamedTuple):
    """`used_at`: when it was unpacked or last started, in seconds since 1970."""

    folder: Path
    used_at: float


def remove_in_background() -> None:
    """Only a program that was itself unpacked has anything to remove. A failure is logged."""
    if paths.is_compiled():
        program = Path(paths.program()[0])
        threading.Thread(target=remove, args=(program,), name="old-builds", daemon=True).start()


def remove(program: Path) -> None:
    """Nothing is done where `program` lies in no folder of a build, as that of a package doesn't."""
    own = program.resolve().parent
    if not NAME.fullmatch(own.name):
        return
    try:
        os.utime(own)
        unused = removable(_others(own, program.name), (), time.time())
    except OSError as wrong:
        _log.warning("What earlier builds had unpacked can't be looked at: %s.", wrong)
        return
    for build in removable(unused, _in_use(), time.time()) if unused else ():
        _remove(build.folder)


def removable(builds: Iterable[Build], in_use: Iterable[Path], now: float) -> list[Build]:
    """Those that were last used more than a day before `now`, in seconds since 1970, and hold no path in use."""
    used = list(in_use)
    return [
        build
        for build in builds
        if now - build.used_at > _UNUSED_SECONDS and not any(path.is_relative_to(build.folder) for path in used)
    ]


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except OSError as wrong:
        _log.warning("What an earlier build had unpacked can't be removed: %s.", wrong)
    else:
        _log.info("Removed what an earlier build had unpacked: %s.", folder)


def _others(own: Path, program: str) -> Iterator[Build]:
    for folder in own.parent.iterdir():
        if folder != own and NAME.fullmatch(folder.name) and (folder / program).is_file():
            yield Build(folder, folder.stat().st_mtime)


def _in_use() -> Iterator[Path]:
    """Files that processes run or have mapped, as far as they can be seen: of another user's, the command alone."""
    for process in psutil.process_iter():
        for look in (_program, _command, _mapped):
            with suppress(psutil.Error):
                yield from look(process)


def _program(process: psutil.Process) -> list[Path]:
    return [Path(process.exe())]


def _command(process: psutil.Process) -> list[Path]:
    return [Path(word) for word in process.cmdline()[:1]]


def _mapped(process: psutil.Process) -> list[Path]:
    """macOS doesn't tell."""
    return [Path(each.path) for each in process.memory_maps()] if hasattr(process, "memory_maps") else []
