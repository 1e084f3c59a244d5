from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page

from tests.desk_process import DeskProcess


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Movement would make pictures of the page, and clicks on it, a matter of luck."""
    return {**browser_context_args, "viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}


@pytest.fixture(scope="session")
def base_url(first_desk: DeskProcess) -> str:
    """In place of the plugin's own, which asks the command line."""
    return first_desk.url


class Watch:
    """Everything that the page must not do. `expected` are the beginnings of console errors that a test provokes."""

    def __init__(self, page: Page, own: str) -> None:
        self.faults: list[str] = []
        self.expected: list[str] = []
        self._own = (own, own.replace("http", "ws", 1), "data:", "blob:")
        page.on("request", lambda request: self._request(request.url))
        page.on("websocket", lambda socket: self._request(socket.url))
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))

    def _request(self, url: str) -> None:
        if not url.startswith(self._own):
            self.faults.append(f"request to {url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(tuple(self.expected)):
            self.faults.append(f"console: {message.text}")


@pytest.fixture
def watch(page: Page, first_desk: DeskProcess) -> Iterator[Watch]:
    """No request leaves the machine, and nothing goes wrong in the console."""
    watching = Watch(page, first_desk.url)
    yield watching
    assert not watching.faults


@pytest.fixture
def desk_page(page: Page, watch: Watch, first_desk: DeskProcess) -> Page:
    """The page, signed in as by the launch address."""
    page.goto(first_desk.launch_url)
    page.get_by_label("Prompt", exact=True).wait_for()
    return page
