"""Talking to a running desk, by the address and token that it leaves in `desk.json`."""

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from ddesk.cli.running import Running, told
from ddesk.errors import DeskError, Fault
from ddesk.paths import DataDir

_SECONDS = 30.0


class Client:
    """Its calls raise DeskError with the desk's own words, or Fault where it doesn't answer."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.headers = {"Authorization": f"Bearer {running.token}", "X-Client": "cli"}
        self._http = httpx.Client(base_url=running.url, headers=self.headers, timeout=_SECONDS, trust_env=False)

    @property
    def live_url(self) -> str:
        return self.running.url.replace("http://", "ws://", 1) + "/api/live"

    def get(self, path: str) -> Any:
        return self._ask("GET", path).json()

    def bytes(self, path: str) -> bytes:
        return self._ask("GET", path).content

    def post(self, path: str, body: object = None) -> Any:
        return self._ask("POST", path, body).json()

    def close(self) -> None:
        self._http.close()

    def _ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.HTTPError as wrong:
            raise Fault(
                "desk_silent", f"The desk at {self.running.url} does not answer: {wrong}", "Start it."
            ) from wrong
        if answer.is_error:
            problem = answer.json()
            raise DeskError(problem["code"], problem["detail"], problem["advice"])
        return answer


@contextlib.contextmanager
def listening(desk: Client, how: str) -> Iterator[Any]:
    """What it tells as it happens; `how` are the live connection's parameters."""
    address = f"{desk.live_url}?{how}"
    try:
        with connect(address, additional_headers=desk.headers, proxy=None, max_size=None) as live:
            yield live
    except WebSocketException as wrong:
        raise Fault("desk_silent", f"The desk no longer answers: {wrong}", "See its log file.") from wrong


def running_desk(data: DataDir) -> Client | None:
    """The desk that runs on this data directory, if one answers; a stale `desk.json` is nobody's."""
    if (running := told(data)) is None:
        return None
    client = Client(running)
    try:
        client.get("/internal/health")
    except DeskError:
        client.close()
        return None
    return client
