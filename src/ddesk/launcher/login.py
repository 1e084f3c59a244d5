"""The desk among what starts when a person logs in: each system's own way, for this person alone."""

import os
import plistlib
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ddesk.errors import Fault
from ddesk.paths import write_durably

_RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"


def arrange(name: str, command: Sequence[str], *, wanted: bool) -> None:
    """Have `command` run at each login, or no more; `name` tells it from others.

    Asking again changes nothing. Raises Fault where it can't be done.
    """
    try:
        if sys.platform == "win32":
            _arrange_in_registry(name, command, wanted=wanted)
        else:
            _arrange_file(_entry(name), _content(name, command), wanted=wanted)
    except OSError as wrong:
        raise Fault(
            "login_entry_unwritable", f"The entry for the login can't be written: {wrong}.", "Look at its rights."
        ) from wrong


def _arrange_file(entry: Path, content: bytes, *, wanted: bool) -> None:
    if not wanted:
        entry.unlink(missing_ok=True)
    elif not entry.exists() or entry.read_bytes() != content:
        write_durably(entry, content)


def _entry(name: str) -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library/LaunchAgents" / f"{name}.plist"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "autostart" / f"{name}.desktop"


def _content(name: str, command: Sequence[str]) -> bytes:
    if sys.platform == "darwin":
        return plistlib.dumps({"Label": name, "ProgramArguments": list(command), "RunAtLoad": True})
    return desktop_entry(command).encode()


def desktop_entry(command: Sequence[str]) -> str:
    """As the Desktop Entry Specification 1.5 of freedesktop.org has it."""
    words = " ".join(_quoted(word) for word in command)
    return f"[Desktop Entry]\nType=Application\nName=DiffusionDesk\nIcon=ddesk\nTerminal=false\nExec={words}\n"


def _quoted(word: str) -> str:
    """Quoted for Exec; then once more, as in any value of the file: a backslash stands for itself only when doubled."""
    if shlex.quote(word) == word and "%" not in word:
        return word
    for sign in ("\\", '"', "`", "$"):
        word = word.replace(sign, f"\\{sign}")
    return '"{}"'.format(word.replace("%", "%%").replace("\\", "\\\\"))


def _arrange_in_registry(name: str, command: Sequence[str], *, wanted: bool) -> None:
    import winreg  # only Windows has it

    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _RUN_KEY) as key:  # type: ignore[attr-defined,unused-ignore]
        if wanted:
            line = subprocess.list2cmdline(command)
            winreg.SetValueEx(key, name, 0, winreg.REG_SZ, line)  # type: ignore[attr-defined,unused-ignore]
            return
        try:
            winreg.DeleteValue(key, name)  # type: ignore[attr-defined,unused-ignore]
        except FileNotFoundError:
            return
