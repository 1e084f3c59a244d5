"""What is in the way of who sees, hears or points otherwise than others, as axe finds it."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_STANDARDS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
_SETTLED = """
async () => {
    const frame = () => new Promise(requestAnimationFrame)
    const moving = () => document.getAnimations().filter(({ playState }) => playState === 'running')
    do {
        await frame()
        await frame()
        await Promise.allSettled(moving().map(({ finished }) => finished))
    } while (moving().length)
}
"""
"""Two frames after a change, all that it moves has begun to move."""


def serious(page: Page) -> list[str]:
    """What is seriously in the way once nothing moves any more, each with all that axe measured of it."""
    page.evaluate(_SETTLED)
    found = Axe().run(page, options=_STANDARDS).response["violations"]
    severe = [each for each in found if each["impact"] in ("serious", "critical")]
    return [_told(each["id"], node) for each in severe for node in each["nodes"]]


def _told(rule: str, node: dict[str, Any]) -> str:
    measured = [check["data"] for check in (*node["any"], *node["all"], *node["none"]) if check.get("data")]
    return f"{rule}: {node['html']} {measured}"
