"""Says what is wrong on the screen where no terminal shows it: the desk was started by a click."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence

from ddesk.launcher.window import has_screen

_TITLE = "DiffusionDesk"
_LINUX: tuple[tuple[str, Callable[[str], Sequence[str]]], ...] = (
    ("zenity", lambda words: ["--error", "--no-markup", f"--title={_TITLE}", f"--text={words}"]),
    ("kdialog", lambda words: ["--title", _TITLE, "--error", words]),
    ("xmessage", lambda words: ["-center", "-title", _TITLE, words]),
    ("notify-send", lambda words: ["--urgency=critical", _TITLE, words]),
)
_MACOS = 'on run told\ndisplay alert "DiffusionDesk" message (item 1 of told) as critical\nend run'


def tell(words: str) -> None:
    """Where standard error is a terminal or there is no screen, nothing is shown: it was said there already."""
    if (sys.stderr and sys.stderr.isatty()) or not has_screen():
        return
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.MessageBoxW(None, words, _TITLE, 0x10)  # type: ignore[attr-defined,unused-ignore]
    elif command := _command(words):
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _command(words: str) -> Sequence[str] | None:
    if sys.platform == "darwin":
        return ["/usr/bin/osascript", "-e", _MACOS, words]
    found = ((path, arguments) for name, arguments in _LINUX if (path := shutil.which(name)))
    return next(([path, *arguments(words)] for path, arguments in found), None)
