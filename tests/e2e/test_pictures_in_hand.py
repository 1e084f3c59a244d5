"""What a person does to pictures in the page, and takes back."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.desk_process import DeskProcess
from tests.e2e.conftest import Watch
from tests.e2e.test_page import SECONDS, recent


@pytest.fixture
def picture(desk_page: Page, first_desk: DeskProcess) -> str:
    """One of its own, the newest in the strip."""
    made = first_desk.finished(first_desk.request("a purple moon"))["images"][0]
    shown = recent(desk_page).first.get_by_role("button")
    expect(shown).to_have_attribute("data-image", made, timeout=SECONDS)
    return str(made)


def image(desk: DeskProcess, id_: str) -> dict[str, object]:
    found = desk.get(f"/api/images/{id_}")
    assert isinstance(found, dict)
    return found


def test_a_picture_goes_to_the_trash_by_key_and_comes_back_by_the_toast_and_by_ctrl_z(
    desk_page: Page, first_desk: DeskProcess, picture: str
) -> None:
    shown = desk_page.locator(f"[data-image='{picture}']")
    for take_back in ("toast", "key"):
        shown.focus()
        desk_page.keyboard.press("Delete")
        expect(shown).to_have_count(0, timeout=SECONDS)
        assert image(first_desk, picture)["trashed"]
        if take_back == "toast":
            desk_page.get_by_role("button", name="Undo", exact=True).click()
        else:
            desk_page.keyboard.press("Control+z")
        expect(shown).to_be_visible(timeout=SECONDS)
        assert not image(first_desk, picture)["trashed"]


def test_stars_and_a_favourite_are_given_by_key_in_the_lightbox_and_numbers_lead_elsewhere_from_the_strip(
    desk_page: Page, first_desk: DeskProcess, picture: str
) -> None:
    shown = desk_page.locator(f"[data-image='{picture}']")
    shown.focus()
    desk_page.keyboard.press("3")
    expect(desk_page.get_by_role("heading", name="Timeline")).to_be_visible(timeout=SECONDS)
    desk_page.keyboard.press("1")
    shown.click()
    lightbox = desk_page.get_by_role("dialog")
    desk_page.keyboard.press("4")
    expect(lightbox.get_by_role("group", name="Rating: 4 stars")).to_be_visible(timeout=SECONDS)
    desk_page.keyboard.press("2")
    expect(lightbox.get_by_role("group", name="Rating: 2 stars")).to_be_visible(timeout=SECONDS)
    desk_page.keyboard.press("f")
    expect(lightbox.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true", timeout=SECONDS)
    for _ in range(2):
        desk_page.keyboard.press("Control+z")
    expect(lightbox.get_by_role("group", name="Rating: 4 stars")).to_be_visible(timeout=SECONDS)
    desk_page.keyboard.press("Control+Shift+z")
    expect(lightbox.get_by_role("group", name="Rating: 2 stars")).to_be_visible(timeout=SECONDS)
    assert (image(first_desk, picture)["rating"], image(first_desk, picture)["favorite"]) == (2, False)


def test_tags_are_added_by_name_and_removed(desk_page: Page, first_desk: DeskProcess, picture: str) -> None:
    desk_page.locator(f"[data-image='{picture}']").click()
    lightbox = desk_page.get_by_role("dialog")
    desk_page.keyboard.press("t")
    for tag in ("Night Sky", "moon"):
        desk_page.keyboard.type(tag)
        desk_page.keyboard.press("Enter")
    tags = lightbox.get_by_role("list", name="Tags").get_by_role("listitem")
    expect(tags).to_have_text(["moon", "night sky"], timeout=SECONDS)
    lightbox.get_by_role("button", name="Remove the tag moon").click()
    expect(tags).to_have_text(["night sky"], timeout=SECONDS)
    assert image(first_desk, picture)["tags"] == ["night sky"]


def test_what_was_changed_by_another_since_is_asked_about_before_it_is_undone(
    desk_page: Page, first_desk: DeskProcess, picture: str, watch: Watch
) -> None:
    watch.expected.append("Failed to load resource: the server responded with a status of 409")
    desk_page.locator(f"[data-image='{picture}']").click()
    desk_page.keyboard.press("4")
    desk_page.keyboard.press("Escape")
    expect(recent(desk_page).first).to_contain_text("4 stars", timeout=SECONDS)
    first_desk.post(f"/api/images/{picture}/rate", {"rating": 1})
    expect(recent(desk_page).first).to_contain_text("1 star", timeout=SECONDS)
    desk_page.keyboard.press("Control+z")
    desk_page.get_by_role("button", name="Undo anyway").click()
    expect(recent(desk_page).first).not_to_contain_text("star", timeout=SECONDS)
    assert image(first_desk, picture)["rating"] == 0


def test_the_trash_is_emptied_once_that_is_confirmed(desk_page: Page, first_desk: DeskProcess, picture: str) -> None:
    first_desk.post(f"/api/images/{picture}/trash")
    desk_page.get_by_role("link", name="System").click()
    expect(desk_page.get_by_text(re.compile("^[0-9]+ pictures?, "))).to_be_visible(timeout=SECONDS)
    desk_page.get_by_role("button", name="Empty trash").click()
    desk_page.get_by_role("button", name="Remove for good").click()
    expect(desk_page.get_by_text("Nothing is in the trash.")).to_be_visible(timeout=SECONDS)
    assert first_desk.http.get(f"/api/images/{picture}").status_code == 404


def test_an_entry_of_the_timeline_is_undone_there(desk_page: Page, first_desk: DeskProcess, picture: str) -> None:
    first_desk.post(f"/api/images/{picture}/rate", {"rating": 3})
    desk_page.get_by_role("link", name="Timeline").click()
    desk_page.get_by_role("button", name=re.compile("3 stars")).first.click()
    panel = desk_page.get_by_role("region", name="Event")
    panel.get_by_role("button", name="Undo", exact=True).click(timeout=SECONDS)
    expect(desk_page.get_by_text(re.compile("^Undone: "))).to_be_visible(timeout=SECONDS)
    assert image(first_desk, picture)["rating"] == 0
