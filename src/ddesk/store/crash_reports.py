"""What is known of desks that did not end in order.

While a desk is open its mark lies in the folder of logs; what goes wrong in it is written below, and a native fault can
write no more than that. A desk that ends in order takes its mark away. One that is left over becomes a report by a new
name alone, so that this works on a full disk too; and so does dismissing it.
"""

import contextlib
import os
import re
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from msgspec import Struct

from ddesk.errors import Fault

_MARK = "running.txt"
_REPORT = re.compile(r"crash-(?P<time>\d{8}T\d{6}\.\d{6})(?P<dismissed>-dismissed)?\.txt")
_TIME = "%Y%m%dT%H%M%S.%f"
_KEPT = 5
_MOST_NOTED = 20

_ASKED = "The desk was asked to end.\n"
_WENT_ON = "The desk went on, and ended in order.\n"
_STARTED_ANEW = "The machine was started anew since.\n"
_NOTED = re.compile(r"^== \S+ (.+)$", re.MULTILINE)
_FAULT = re.compile(r"^(?:Fatal Python error|Windows fatal exception): (.+)$", re.MULTILINE)

_SILENT = (
    "It ended without saying why: something killed it, as the system does when memory runs out, or the power failed."
)
_SILENT_AND_ANEW = "It ended without saying why, and the machine was started anew since: the power may have failed."

CrashKind = Literal["exception", "fault", "silence"]


class Crash(Struct, frozen=True, kw_only=True):
    """An exception that nobody caught, a native fault, or an end without a word.

    `at` is when that was or, of an end without a word, when the desk was last heard of. `ended` is False where the desk
    went on.
    """

    at: datetime
    kind: CrashKind
    ended: bool
    words: str
    report: str
    dismissed: bool


class Mark:
    """That a desk is open. Where there is no room for it, the desk does without."""

    def __init__(self, folder: Path, version: str) -> None:
        self._path = folder / _MARK
        self._noted = 0
        self.handle: int | None = None
        with contextlib.suppress(OSError):
            self.handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        self._write(f"DiffusionDesk {version}, process {os.getpid()}, opened at {_now()}\n")

    def asked_to_end(self) -> None:
        """Whatever ends the desk now is no crash, unless it says so. May be called in a signal's handler."""
        self._write(_ASKED)

    def note(self, error: BaseException) -> None:
        """An exception that nobody caught; one that comes again and again fills no disk."""
        self._noted += 1
        if self._noted <= _MOST_NOTED:
            what = "".join(traceback.format_exception_only(error)).partition("\n")[0]
            self._write(f"== {_now()} {what}\n{''.join(traceback.format_exception(error))}")

    def close(self, *, in_order: bool) -> None:
        """The desk ends. May be repeated. Raises OSError where the mark can't be moved."""
        if self.handle is None:
            return
        if in_order and self._noted:
            self._write(_WENT_ON)
        os.close(self.handle)
        self.handle = None
        if self._noted:
            _keep(self._path, self._path.stat().st_mtime)
        else:
            self._path.unlink(missing_ok=True)

    def _write(self, text: str) -> None:
        if self.handle is not None:
            with contextlib.suppress(OSError):
                os.write(self.handle, text.encode("utf-8", "backslashreplace"))


def settle(folder: Path, *, machine_started_at: float) -> Crash | None:
    """Make a report of the mark that an earlier desk left behind, while none is open. The time is in Unix seconds.

    Raises OSError where that can't be done.
    """
    mark = folder / _MARK
    if not mark.exists():
        return None
    text, at = _text(mark), mark.stat().st_mtime
    if not _is_silent(text):
        return _read(_keep(mark, at))
    if _ASKED in text:
        mark.unlink()
        return None
    heard_of = max([at, *(file.stat().st_mtime for file in folder.glob("desk.log"))])
    if machine_started_at > heard_of:
        with contextlib.suppress(OSError), mark.open("a", encoding="utf-8") as file:
            file.write(_STARTED_ANEW)
    return _read(_keep(mark, heard_of))


def latest(folder: Path) -> Crash | None:
    """The newest report, be it dismissed or not."""
    files = reports(folder)
    return _read(files[-1]) if files else None


def dismiss(folder: Path) -> None:
    """Nobody wants to hear of what is there any more. Raises Fault where that can't be remembered."""
    try:
        for file in reports(folder):
            if not file.stem.endswith("-dismissed"):
                file.rename(file.with_stem(f"{file.stem}-dismissed"))
    except OSError as wrong:
        raise Fault("logs_unwritable", f"{folder} can't be written: {wrong}.", "Look at the disk.") from wrong


def reports(folder: Path) -> list[Path]:
    """Their files, the newest last."""
    return sorted(file for file in folder.glob("crash-*.txt") if _REPORT.fullmatch(file.name))


def describe(report: str, at: datetime, *, dismissed: bool = False) -> Crash:
    """What a report says, in words."""
    ended = _WENT_ON not in report
    kind, words = _told(report, ended=ended)
    return Crash(at=at, kind=kind, ended=ended, words=words, report=report, dismissed=dismissed)


def _told(report: str, *, ended: bool) -> tuple[CrashKind, str]:
    if fault := _FAULT.search(report):
        return "fault", f"The program itself crashed: {fault[1]}."
    if noted := _NOTED.findall(report):
        return "exception", f"{'The desk made a mistake' if ended else 'A part of the desk failed'}: {noted[-1]}."
    return "silence", _SILENT_AND_ANEW if _STARTED_ANEW in report else _SILENT


def _is_silent(report: str) -> bool:
    return not (_FAULT.search(report) or _NOTED.search(report))


def _read(file: Path) -> Crash:
    named = _REPORT.fullmatch(file.name)
    assert named
    at = datetime.strptime(named["time"], _TIME).replace(tzinfo=UTC)
    return describe(_text(file), at, dismissed=named["dismissed"] is not None)


def _keep(mark: Path, at: float) -> Path:
    kept = mark.rename(mark.with_name(f"crash-{datetime.fromtimestamp(at, UTC).strftime(_TIME)}.txt"))
    for old in reports(mark.parent)[:-_KEPT]:
        old.unlink()
    return kept


def _text(file: Path) -> str:
    return file.read_text("utf-8", "backslashreplace")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
