"""Stands before every request: names it, checks where it comes from and who sends it, and seals the answer.

Host is checked against DNS rebinding, Origin against pages of other sites; both hold for the WebSocket too. What is
refused here never reaches a route.
"""

import logging
import re
import time

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils import normalize_path

from ddesk.events.ids import new_id
from ddesk.logs import during
from ddesk.server.problems import PROBLEM_TYPE, problem
from ddesk.server.schemas import Problem
from ddesk.server.sessions import Sessions

_log = logging.getLogger(__name__)
PRIVATE = ("/api/", "/internal/", "/schema", "/openapi")
_SIGN_IN = ("POST", "/api/session")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CLIENT = re.compile(r"[A-Za-z0-9._-]{1,40}")
_SEALS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_LOG_IN_ADVICE = "Open the page with `ddesk`, or send the token of desk.json as `Authorization: Bearer …`."


class Guard:
    """ASGI middleware. `hosts` are the values of Host that are this desk's own."""

    def __init__(self, app: ASGIApp, sessions: Sessions, hosts: frozenset[str]) -> None:
        self._app = app
        self._sessions = sessions
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        given = headers.get("x-request-id", "")
        id_ = given if _REQUEST_ID.fullmatch(given) else new_id()
        with during(id_):
            scope.setdefault("state", {})["request_id"] = id_
            sealed = _Sealed(scope, send, id_)
            if refusal := self._refusal(scope, headers):
                await _refuse(scope, receive, sealed, refusal)
            else:
                await self._app(scope, receive, sealed)
            sealed.log()

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> Problem | None:
        host = headers.get("host", "").lower()
        if host not in self._hosts:
            return problem(403, "bad_host", f"This desk does not answer to the name {host!r}.", "Use 127.0.0.1.")
        origin = headers.get("origin")
        if origin is not None and origin not in (f"http://{each}" for each in self._hosts):
            return problem(403, "bad_origin", f"Pages of {origin} may not use this desk.", "Use the desk's own page.")
        return self._unknown(scope, headers)

    def _unknown(self, scope: Scope, headers: dict[str, str]) -> Problem | None:
        """Note who asks, or say that nobody known does. The path is read as the router will read it."""
        method, path = scope.get("method", ""), normalize_path(scope["path"])
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._sessions.is_token(token.strip()):
            client = headers.get("x-client", "")
            scope["state"]["actor"] = f"api:{client if _CLIENT.fullmatch(client) else 'unnamed'}"
            return None
        if self._sessions.is_session(_cookie(headers.get("cookie", ""), self._sessions.cookie)):
            scope["state"]["actor"] = "user"
            return None
        if not _is_private(path) or (method, path) == _SIGN_IN:
            return None
        return problem(401, "not_signed_in", "This browser or program is not signed in.", _LOG_IN_ADVICE)


def _is_private(path: str) -> bool:
    return f"{path}/".startswith(PRIVATE)


def _cookie(header: str, name: str) -> str:
    """Its value. The others are of all programs on this machine, since cookies know no ports: any text can be there."""
    pairs = (each.strip().partition("=") for each in header.split(";"))
    return next((value for key, _, value in pairs if key == name), "")


class _Sealed:
    """Sends on, with the request's id and the protecting headers."""

    def __init__(self, scope: Scope, send: Send, id_: str) -> None:
        self._scope = scope
        self._send = send
        self._id = id_
        self._began = time.monotonic()
        self._status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            self._status = message["status"]
            own = {**_SEALS, "x-request-id": self._id}
            sealed = [(name.encode(), value.encode()) for name, value in own.items()]
            message["headers"] = [*message.get("headers", ()), *sealed]
        await self._send(message)

    def log(self) -> None:
        if _is_private(normalize_path(self._scope["path"])):
            method = self._scope.get("method", "WS")
            seconds = time.monotonic() - self._began
            _log.info("%s %s %d %.1f ms", method, self._scope["path"], self._status, seconds * 1000)


async def _refuse(scope: Scope, receive: Receive, send: _Sealed, refusal: Problem) -> None:
    kind = "http.response"
    if scope["type"] == ScopeType.WEBSOCKET:
        await receive()
        kind = "websocket.http.response"
    headers = [(b"content-type", PROBLEM_TYPE.encode())]
    if refusal.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": f"{kind}.start", "status": refusal.status, "headers": headers})  # type: ignore[arg-type,misc]
    await send({"type": f"{kind}.body", "body": msgspec.json.encode(refusal)})  # type: ignore[arg-type]
