"""The page in a real browser, before a real desk."""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import OpenDesk
from tests.desk.test_broken_machine import BINDING, engine
from tests.desk_process import DeskProcess
from tests.e2e.accessibility import serious
from tests.e2e.conftest import Watch

SECONDS = 60_000
"""In milliseconds, as Playwright counts: how long a picture may take on a busy machine."""

SEEN_PREVIEWS = """
() => {
    window.seenPreviews = new Set()
    new MutationObserver(() => {
        for (const image of document.querySelectorAll('img[alt="Live preview"]')) window.seenPreviews.add(image.src)
    }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['src'] })
}
"""


def prompt(page: Page) -> Locator:
    return page.get_by_label("Prompt", exact=True)


def main_button(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^(Generate|Queue)"))


def recent(page: Page) -> Locator:
    return page.get_by_role("list", name="Recent pictures").get_by_role("listitem")


def test_a_sentence_becomes_a_picture_before_ones_eyes_and_is_there_after_a_reload(
    desk_page: Page, first_desk: DeskProcess
) -> None:
    before = len(first_desk.get("/api/images?limit=500")["items"])
    desk_page.evaluate(SEEN_PREVIEWS)
    prompt(desk_page).fill("a blue robot at night")
    desk_page.keyboard.press("Control+Enter")
    expect(desk_page.get_by_role("img", name="Live preview")).to_be_visible(timeout=SECONDS)
    first = recent(desk_page).first
    expect(first.get_by_role("img")).to_have_attribute("alt", re.compile("a blue robot at night"), timeout=SECONDS)
    assert len(first_desk.get("/api/images?limit=500")["items"]) == before + 1
    assert desk_page.evaluate("window.seenPreviews.size") >= 2
    desk_page.reload()
    expect(recent(desk_page).first.get_by_role("img")).to_have_attribute("alt", re.compile("a blue robot at night"))
    expect(prompt(desk_page)).to_have_value("a blue robot at night")


def test_the_lightbox_shows_all_parameters_and_gives_them_back(desk_page: Page, first_desk: DeskProcess) -> None:
    first_desk.finished(first_desk.request("a green fish", seed=4242))
    shown = recent(desk_page).first
    expect(shown.get_by_role("img")).to_have_attribute("alt", re.compile("a green fish"), timeout=SECONDS)
    shown.get_by_role("button").click()
    lightbox = desk_page.get_by_role("dialog")
    expect(lightbox).to_contain_text("a green fish")
    expect(lightbox).to_contain_text("4242")
    expect(lightbox).to_contain_text("Euler")
    lightbox.get_by_role("button", name=re.compile("^Reuse everything")).click()
    expect(prompt(desk_page)).to_have_value("a green fish")


def test_the_lightbox_makes_a_picture_again_and_says_what_made_it(desk_page: Page, first_desk: DeskProcess) -> None:
    first_desk.finished(first_desk.request("a purple house", seed=31))
    shown = recent(desk_page).first
    expect(shown.get_by_role("img")).to_have_attribute("alt", re.compile("a purple house"), timeout=SECONDS)
    shown.get_by_role("button").click()
    lightbox = desk_page.get_by_role("dialog")
    lightbox.get_by_role("button", name="What made this?").click()
    expect(lightbox.get_by_role("region", name="What made this")).to_contain_text("Exact")
    lightbox.get_by_role("button", name="Make again").click()
    expect(desk_page.get_by_text("Identical: every pixel is the same")).to_be_visible(timeout=SECONDS)


def test_a_running_picture_can_be_cancelled(desk_page: Page, first_desk: DeskProcess) -> None:
    id_ = first_desk.request("a slow car", width=256, height=256, steps=60)
    running = desk_page.get_by_role("list", name="Running")
    running.get_by_role("button", name="Cancel").click(timeout=SECONDS)
    assert first_desk.finished(id_)["status"] == "cancelled"


def test_what_waits_is_seen_while_the_form_is_edited_and_can_be_cancelled(
    desk_page: Page, first_desk: DeskProcess
) -> None:
    first_desk.post("/api/queue/pause")
    id_ = first_desk.request("a waiting tree")
    waiting = desk_page.get_by_role("list", name="Waiting").get_by_role("listitem")
    expect(waiting).to_have_count(1)
    expect(waiting).to_contain_text("a waiting tree")
    expect(main_button(desk_page)).to_have_text(re.compile("^Queue"))
    waiting.get_by_role("button", name="Cancel").click()
    expect(waiting).to_have_count(0)
    first_desk.post("/api/queue/resume")
    assert first_desk.generation(id_)["status"] == "cancelled"


def test_a_refusal_is_told_in_the_desks_words(desk_page: Page, watch: Watch) -> None:
    watch.expected.append("Failed to load resource: the server responded with a status of 422")
    prompt(desk_page).fill("a red car")
    desk_page.route(
        "**/api/generations",
        lambda route: route.continue_(post_data=(route.request.post_data or "").replace('"steps":', '"steps":1000')),
    )
    main_button(desk_page).click()
    expect(desk_page.get_by_text("Mend the named values and send it again.")).to_be_visible()


def test_a_browser_that_was_not_launched_by_the_desk_is_told_what_to_do(
    page: Page, watch: Watch, first_desk: DeskProcess
) -> None:
    watch.expected += ["Failed to load resource: the server responded with a status of 401", "WebSocket connection to"]
    page.goto(first_desk.url)
    expect(page.get_by_text("ddesk", exact=False).first).to_be_visible()
    expect(prompt(page)).to_have_count(0)


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("screen", ["Generate", "System", "Settings"])
def test_nothing_serious_is_in_anyones_way(desk_page: Page, first_desk: DeskProcess, scheme: str, screen: str) -> None:
    desk_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    desk_page.get_by_role("link", name=screen).click()
    expect(desk_page.get_by_role("heading", name=screen, exact=True)).to_be_visible()
    assert serious(desk_page) == []


def test_the_page_comes_back_by_itself_when_the_desk_does(page: Page, open_desk: OpenDesk) -> None:
    desk = open_desk()
    page.goto(desk.launch_url)
    prompt(page).wait_for()
    desk.kill()
    expect(page.get_by_text("Reconnecting")).to_be_visible(timeout=SECONDS)
    again = open_desk("--port", desk.url.rpartition(":")[2])
    assert again.url == desk.url
    again.finished(again.request("a yellow heart", seed=77))
    shown = recent(page).first.get_by_role("img")
    expect(shown).to_have_attribute("alt", re.compile("a yellow heart"), timeout=SECONDS)
    expect(page.get_by_text("Reconnecting")).to_have_count(0)


def test_a_desk_that_ended_unexpectedly_is_told_of_until_that_is_dismissed(page: Page, open_desk: OpenDesk) -> None:
    open_desk().kill()
    desk = open_desk()
    page.goto(desk.launch_url)
    banner = page.get_by_role("status").filter(has_text="The desk ended unexpectedly")
    expect(banner).to_contain_text("It ended without saying why")
    assert serious(page) == []
    with page.expect_download(timeout=SECONDS) as download:
        banner.get_by_role("button", name="Save a support bundle").click()
    assert re.fullmatch(r"ddesk-support-[\d-]+\.zip", download.value.suggested_filename)
    assert zipfile.is_zipfile(download.value.path())
    banner.get_by_role("button", name="Dismiss").click()
    expect(banner).to_have_count(0)
    page.reload()
    page.get_by_role("link", name="System").click()
    expect(page.get_by_role("heading", name="Support")).to_be_visible()
    expect(page.get_by_text("It ended without saying why")).to_be_visible()
    expect(banner).to_have_count(0)


def test_a_machine_that_lacks_a_library_is_told_on_the_page(page: Page, open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = open_desk(environment=engine(tmp_path / "engine", BINDING))
    desk.until("WorkerQuarantined", stream="worker-image")
    page.goto(desk.launch_url)
    page.get_by_role("link", name="System").click()
    expect(page.get_by_text("It needs libnothere.so.1")).to_be_visible()
    expect(page.get_by_text("Held down")).to_be_visible()
    page.get_by_role("button", name="Restart the image worker").click()
    expect(page.get_by_role("alert").filter(has_text="The image worker can't run on this machine")).to_be_visible()
    assert serious(page) == []
