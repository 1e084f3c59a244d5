"""What stands before the routes, with a route behind it that answers whoever comes through."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from ddesk.paths import DataDir
from ddesk.server.guard import Guard
from ddesk.server.sessions import Sessions

pytestmark = pytest.mark.quick


async def anything(scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["state"].get("actor", "nobody").encode()})


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    data = DataDir(tmp_path)
    data.create()
    return Sessions(data)


def ask(sessions: Sessions, path: str, **headers: str) -> httpx.Response:
    async def asked() -> httpx.Response:
        guard: Any = Guard(anything, sessions, frozenset({"desk"}))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(guard), base_url="http://desk") as http:
            return await http.get(path, headers=headers)

    return asyncio.run(asked())


@pytest.mark.parametrize(
    "path", ["/api/system", "/%2fapi/system", "/api//system", "/%2f%2fapi/system/", "/api", "/internal", "/schema/"]
)
def test_no_spelling_of_a_private_address_gets_by_unknown(sessions: Sessions, path: str) -> None:
    assert ask(sessions, path).status_code == 401
    assert ask(sessions, path, Authorization=f"Bearer {sessions.token}").text == "api:unnamed"


def test_the_page_is_for_everybody(sessions: Sessions) -> None:
    assert ask(sessions, "/queue").text == "nobody"


@pytest.mark.parametrize("other", ["a/b=1", '{"a": 1}=2', "x", "=", '"', "theme=dark mode"])
def test_cookies_of_other_programs_on_this_machine_do_no_harm(sessions: Sessions, other: str) -> None:
    own = f"{sessions.cookie}={sessions.exchange(sessions.launch_code())}"
    assert ask(sessions, "/api/system", Cookie=f"{other}; {own}").text == "user"
