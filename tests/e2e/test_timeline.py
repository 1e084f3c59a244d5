"""The timeline in a real browser: what happened is read, found, followed and opened."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.desk_process import DeskProcess
from tests.e2e.accessibility import serious

SECONDS = 60_000


@pytest.fixture
def timeline(desk_page: Page, first_desk: DeskProcess) -> Page:
    desk_page.get_by_role("link", name="Timeline").click()
    expect(rows(desk_page).first).to_be_visible()
    return desk_page


@pytest.fixture
def picture(first_desk: DeskProcess) -> str:
    id_ = str(first_desk.finished(first_desk.request("a purple house by the sea", seed=11))["images"][0])
    first_desk.until("ImageThumbnailMade", stream=f"image-{id_}")
    return id_


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name="Timeline").get_by_role("listitem").filter(has=page.get_by_role("button"))


def test_what_happens_is_told_as_it_happens_and_opened(picture: str, timeline: Page, first_desk: DeskProcess) -> None:
    first_desk.post(f"/api/images/{picture}/rate", {"rating": 0})
    first_desk.post(f"/api/images/{picture}/rate", {"rating": 4})
    newest = rows(timeline).first
    expect(newest).to_contain_text("rated 4 stars")
    expect(newest).to_contain_text("a purple house by the sea")
    expect(newest.locator("img")).to_be_visible()
    newest.get_by_role("button").first.click()
    story = timeline.get_by_role("region", name="Event", exact=True)
    change = story.get_by_role("region", name="State before and after")
    expect(change).to_contain_text("rating")
    expect(change.locator("del")).to_have_text("0")
    expect(change.locator("ins")).to_have_text("4")
    expect(timeline).to_have_url(re.compile(r"event=\d+"))
    story.get_by_role("button", name="Open the picture").click()
    expect(timeline.get_by_role("dialog")).to_contain_text("a purple house by the sea")
    timeline.keyboard.press("Escape")
    story.get_by_role("button", name="Close").click()
    expect(story).to_have_count(0)


def test_a_cause_leads_to_its_effects_and_back(picture: str, timeline: Page) -> None:
    timeline.get_by_label("Search the timeline").fill("purple hou")
    expect(rows(timeline).first).to_contain_text("asked for a picture")
    timeline.goto(timeline.url.split("?")[0] + f"?stream=image-{picture}")
    rows(timeline).filter(has_text="A picture was").first.get_by_role("button").first.click()
    relatives = timeline.get_by_role("region", name="Cause and effects")
    relatives.get_by_role("button", name=re.compile("^Led to")).first.click()
    relatives.get_by_role("button", name=re.compile("^Caused by")).click()
    expect(relatives.get_by_role("button", name=re.compile("^Led to"))).to_be_visible()


def test_filters_are_in_the_address_and_outlive_a_reload(picture: str, timeline: Page) -> None:
    timeline.get_by_role("button", name=re.compile("^Kind")).click()
    timeline.get_by_role("menuitemcheckbox", name=re.compile("Workers")).click()
    timeline.keyboard.press("Escape")
    expect(timeline).to_have_url(re.compile("kind=worker"))
    for _ in range(2):
        expect(rows(timeline).first).to_contain_text("worker")
        expect(rows(timeline).filter(has_not_text="worker")).to_have_count(0)
        timeline.reload()
    timeline.get_by_label("Search the timeline").fill("nothing was ever called so")
    expect(timeline.get_by_text("Nothing that happened fits all of this.")).to_be_visible()
    timeline.get_by_role("button", name="Show everything").click()
    expect(rows(timeline).filter(has_text="thumbnail").first).to_be_visible()


def test_who_reads_further_down_is_told_how_much_is_new(picture: str, timeline: Page, first_desk: DeskProcess) -> None:
    for n in range(30):
        first_desk.post(f"/api/images/{picture}/rate", {"rating": 1 + n % 2})
    expect(rows(timeline).first).to_contain_text("rated 2 stars")
    timeline.get_by_role("list", name="Timeline").hover()
    timeline.mouse.wheel(0, 900)
    expect(rows(timeline).first).not_to_be_in_viewport()
    first_desk.post(f"/api/images/{picture}/rate", {"rating": 5})
    timeline.get_by_role("button", name="1 new").click()
    expect(rows(timeline).first).to_contain_text("rated 5 stars")
    expect(rows(timeline).first).to_be_in_viewport()


def test_the_arrow_keys_walk_through_it(picture: str, timeline: Page) -> None:
    rows(timeline).first.get_by_role("button").first.focus()
    timeline.keyboard.press("ArrowDown")
    expect(rows(timeline).nth(1).get_by_role("button").first).to_be_focused()
    timeline.keyboard.press("ArrowUp")
    expect(rows(timeline).first.get_by_role("button").first).to_be_focused()


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 420])
def test_nothing_serious_is_in_anyones_way(picture: str, timeline: Page, scheme: str, width: int) -> None:
    timeline.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    timeline.set_viewport_size({"width": width, "height": 900})
    expect(timeline.locator("html")).to_have_class(re.compile(scheme))
    for opened in (False, True):
        if opened:
            rows(timeline).nth(1).get_by_role("button").first.click()
            expect(timeline.get_by_role("region", name="Cause and effects")).to_be_visible()
        assert serious(timeline) == []
