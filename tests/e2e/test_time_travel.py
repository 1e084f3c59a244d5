"""The page as it was."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.desk_process import DeskProcess
from tests.e2e.accessibility import serious
from tests.e2e.conftest import Watch
from tests.e2e.test_page import SECONDS, main_button, prompt, recent


def a_finished_picture(desk: DeskProcess, words: str) -> str:
    id_ = str(desk.finished(desk.request(words))["images"][0])
    desk.until("JobCompleted", stream=f"job-thumbnail-{id_}")
    return id_


def pictures(page: Page, *words: str) -> None:
    """The newest of the strip show these."""
    for place, each in enumerate(words):
        shown = recent(page).nth(place).get_by_role("img")
        expect(shown).to_have_attribute("alt", re.compile(each), timeout=SECONDS)


def test_what_was_trashed_is_seen_in_its_time_and_brought_back(desk_page: Page, first_desk: DeskProcess) -> None:
    a_finished_picture(first_desk, "a yellow duck")
    second = a_finished_picture(first_desk, "a purple boat")
    position = first_desk.get("/api/as-of")["head"]
    first_desk.post(f"/api/images/{second}/trash")
    desk_page.reload()
    pictures(desk_page, "a yellow duck")
    desk_page.goto(f"{first_desk.url}/?as_of={position}")
    banner = desk_page.get_by_role("region", name="Time travel")
    expect(banner).to_contain_text("The desk as it was on", timeout=SECONDS)
    expect(banner).to_contain_text(f"event {position:,} of")
    pictures(desk_page, "a purple boat", "a yellow duck")
    expect(prompt(desk_page)).to_be_disabled()
    expect(main_button(desk_page)).to_be_disabled()
    desk_page.reload()
    pictures(desk_page, "a purple boat", "a yellow duck")
    recent(desk_page).first.get_by_role("button").click()
    lightbox = desk_page.get_by_role("dialog")
    lightbox.get_by_role("button", name="Restore this picture from here").click()
    expect(desk_page.get_by_text("It is again as it was then")).to_be_visible()
    lightbox.get_by_role("button", name="Close").click()
    desk_page.get_by_role("button", name="Back to now").last.click()
    expect(banner).to_have_count(0)
    assert "as_of" not in desk_page.url
    pictures(desk_page, "a purple boat", "a yellow duck")
    assert first_desk.get(f"/api/images/{second}")["trashed"] is False


def test_the_arrow_keys_walk_from_event_to_event_and_the_screens_follow(
    desk_page: Page, first_desk: DeskProcess
) -> None:
    changed = first_desk.http.put("/api/settings/thumbnail_side", json={"value": 200}).raise_for_status()
    assert changed.json()["value"] == 200
    position = first_desk.get("/api/as-of")["head"]
    first_desk.http.put("/api/settings/thumbnail_side", json={"value": 320}).raise_for_status()
    desk_page.goto(f"{first_desk.url}/settings?as_of={position}")
    side = desk_page.get_by_label("Thumbnail side", exact=True)
    expect(side).to_have_value("200", timeout=SECONDS)
    desk_page.keyboard.press("ArrowLeft")
    expect(desk_page).to_have_url(re.compile(f"as_of={position - 1}$"))
    expect(side).to_have_value("320", timeout=SECONDS)
    desk_page.keyboard.press("ArrowRight")
    expect(side).to_have_value("200", timeout=SECONDS)
    desk_page.get_by_role("link", name="Generate").click()
    expect(desk_page).to_have_url(re.compile(f"/\\?as_of={position}$"))
    desk_page.keyboard.press("Escape")
    expect(desk_page.get_by_role("region", name="Time travel")).to_have_count(0)


def test_the_timeline_leads_to_the_desk_of_each_event(desk_page: Page, first_desk: DeskProcess) -> None:
    paused = first_desk.post("/api/queue/pause")
    position = first_desk.get("/api/events?type=QueuePaused")["items"][0]["position"]
    first_desk.post("/api/queue/resume")
    assert paused["paused"] is True
    desk_page.goto(f"{first_desk.url}/timeline?event={position}")
    desk_page.get_by_role("link", name="See the desk as it was here").click()
    expect(desk_page.get_by_text("Queue paused")).to_be_visible(timeout=SECONDS)
    expect(desk_page.get_by_text("Paused", exact=True)).to_be_visible()
    expect(desk_page).to_have_url(f"{first_desk.url}/?as_of={position}")


def test_a_position_that_never_was_leads_back_to_now(desk_page: Page, watch: Watch, first_desk: DeskProcess) -> None:
    watch.expected.append("Failed to load resource: the server responded with a status of 404")
    desk_page.goto(f"{first_desk.url}/?as_of=99999999")
    expect(desk_page.get_by_text("There is no event 99999999")).to_be_visible()
    expect(main_button(desk_page)).to_be_visible()
    expect(desk_page).to_have_url(f"{first_desk.url}/")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_past_is_in_nobodys_way(desk_page: Page, first_desk: DeskProcess, scheme: str) -> None:
    desk_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    desk_page.get_by_role("button", name="Look back in time").click()
    slider = desk_page.get_by_role("slider", name="Moment")
    expect(slider).to_be_enabled()
    slider.focus()
    desk_page.keyboard.press("ArrowLeft")
    expect(desk_page.get_by_text("The desk as it was on")).to_be_visible(timeout=SECONDS)
    assert serious(desk_page) == []
