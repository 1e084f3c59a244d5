"""Who may talk to the desk: a program with the token of `desk.json`, or a browser that was launched by the desk.

A browser gets a one-time code in the fragment of the address that it is opened with, and trades it for a cookie that
is signed with a key which survives restarts. The cookie's name is made from the data directory's path, so that two
desks on one machine don't sign each other's pages out.
"""

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from ddesk.paths import DataDir, write_durably

_CODE_SECONDS = 300.0
_CODES_KEPT = 32
_KEY_BYTES = 32
COOKIE_SECONDS = 400 * 24 * 3600
"""Browsers keep no cookie longer than 400 days."""


class Sessions:
    def __init__(self, data: DataDir, clock: Callable[[], float] = time.time) -> None:
        self.token = secrets.token_urlsafe(32)
        self.cookie = f"ddesk-{hashlib.sha256(str(data.root.resolve()).encode()).hexdigest()[:12]}"
        self._key = _key(data.secrets / "session.key")
        self._clock = clock
        self._codes: dict[str, float] = {}

    def launch_code(self) -> str:
        """A code that signs one browser in, once, within five minutes."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = self._clock() + _CODE_SECONDS
        while len(self._codes) > _CODES_KEPT:
            del self._codes[next(iter(self._codes))]
        return code

    def exchange(self, code: str) -> str | None:
        """The cookie's value for a good code; the code is then spent."""
        known = next((each for each in self._codes if hmac.compare_digest(each.encode(), code.encode())), None)
        if known is None or self._codes.pop(known) < self._clock():
            return None
        return self._signed(f"{int(self._clock())}.{secrets.token_urlsafe(12)}")

    def is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.token.encode())

    def is_session(self, cookie: str) -> bool:
        """Whether this desk signed it, and not too long ago."""
        payload, _, _ = cookie.rpartition(".")
        issued, _, _ = payload.partition(".")
        if not hmac.compare_digest(self._signed(payload).encode(), cookie.encode()) or not issued.isdigit():
            return False
        return self._clock() - int(issued) < COOKIE_SECONDS

    def _signed(self, payload: str) -> str:
        return f"{payload}.{hmac.new(self._key, payload.encode(), hashlib.sha256).hexdigest()}"


def _key(path: Path) -> bytes:
    """The key that signs; where there is none, or half of one, a new one signs everybody out."""
    if not path.exists() or path.stat().st_size != _KEY_BYTES:
        write_durably(path, os.urandom(_KEY_BYTES))
    return path.read_bytes()
