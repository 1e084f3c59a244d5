"""Shows the page: in a window of its own, or in the browser that a person uses."""

import logging
import os
import subprocess
import sys
import threading
import webbrowser
from pathlib import Path

from ddesk.launcher import browsers
from ddesk.settings import WindowKind

_log = logging.getLogger(__name__)
_SECONDS_TO_FAIL = 5.0
"""A browser that can't start has ended by then."""


class Window:
    """`close` ends what was opened, where that is this desk's own."""

    def __init__(self, kind: WindowKind, browser: str, profile: Path) -> None:
        """`browser` names a program, or is empty; `profile` is the folder where the window keeps its size."""
        self._kind = kind
        self._browser = browser
        self._profile = profile
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def opens(self) -> bool:
        """Whether anything can be shown: on a machine without a screen, nothing can."""
        return self._kind != "none" and has_screen()

    def open(self, address: str) -> None:
        """Without taking any of the caller's time."""
        threading.Thread(target=self.show, args=(address,), name="window", daemon=True).start()

    def show(self, address: str) -> None:
        """Returns once the browser has taken it, within seconds."""
        if not self.opens:
            return
        found = browsers.find(self._browser) if self._kind == "app" else None
        if found is None or not self._show_app(found, address):
            webbrowser.open(address)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def _show_app(self, browser: str, address: str) -> bool:
        """False where the browser could not do it. It ends at once, and well, where one with this profile runs."""
        profile = browsers.profile(browser, self._profile, Path.home())
        try:
            self._process = subprocess.Popen(
                browsers.app_command(browser, address, profile),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as wrong:
            _log.warning("%s can't be started: %s.", browser, wrong)
            return False
        try:
            code = self._process.wait(_SECONDS_TO_FAIL)
        except subprocess.TimeoutExpired:
            return True
        if code != 0:
            _log.warning("%s ended at once with code %d.", browser, code)
        return code == 0


def has_screen() -> bool:
    """Windows and macOS have one; elsewhere a session with a screen says so in the environment."""
    return sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
