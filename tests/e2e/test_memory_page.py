"""What the page says of memory: why work ran as it did, what the device's memory does, and how good predictions are."""

import math
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import OpenDesk
from tests.desk.memory_told import tell
from tests.desk_process import DeskProcess
from tests.e2e.accessibility import serious
from tests.e2e.test_page import SECONDS, recent

NARROW, WIDE = 420, 1440
CANVAS = "chart.querySelector('canvas')"


@pytest.fixture
def told(new_data: Path, open_desk: OpenDesk) -> DeskProcess:
    tell(new_data)
    return open_desk()


def rounded(mb: float) -> int:
    """As the page does it: halves go up."""
    return math.floor(mb + 0.5)


def event(page: Page, desk: DeskProcess, **asked: str) -> Locator:
    """The panel of the oldest event of this type and stream."""
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    position = desk.get(f"/api/events?after=0&{query}")["items"][0]["position"]
    page.goto(f"{desk.url}/timeline?event={position}")
    return page.get_by_role("region", name="Event", exact=True)


def until(so: str) -> str:
    """In the page, frame by frame."""
    return f"async (chart, given) => {{ while (!({so})) await new Promise(requestAnimationFrame) }}"


def cards(of: Locator) -> Locator:
    return of.get_by_role("article", name="Why it ran as it did")


def test_a_plan_in_the_timeline_says_what_was_tried_and_what_would_fit(page: Page, told: DeskProcess) -> None:
    page.goto(told.launch_url)
    panel = event(page, told, type="MemoryPlanned")
    card = cards(panel)
    expect(card).to_have_count(1)
    expect(card).to_contain_text("Does not fit: 512 MB short")
    expect(card).to_contain_text("512 × 512 would fit.")
    expect(card.get_by_role("listitem").first).to_contain_text("Unload the language model")
    expect(card.get_by_role("listitem").first).to_contain_text("Saves 3.0 GB, costs 4.0 s")
    expect(panel).to_contain_text("Attempt 1 of 2")


def test_a_measurement_in_the_timeline_is_held_against_its_plan(page: Page, told: DeskProcess) -> None:
    page.goto(told.launch_url)
    card = cards(event(page, told, type="MemoryMeasured"))
    expect(card).to_contain_text("Fits: 6.5 GB of 6.8 GB")
    expect(card.get_by_role("listitem").filter(has_text="Predicted 1.1 GB, measured 1.0 GB: +10.0 %")).to_be_visible()


def test_what_failed_for_the_lack_of_memory_says_why(page: Page, told: DeskProcess) -> None:
    page.goto(told.launch_url)
    expect(cards(event(page, told, type="GenerationFailed"))).to_contain_text("Does not fit: 512 MB short")


def test_the_system_screen_shows_how_far_predictions_were_off(page: Page, told: DeskProcess) -> None:
    page.goto(told.launch_url)
    page.get_by_role("link", name="System").click()
    curve = page.get_by_role("img", name=re.compile("^Prediction errors of 2 pictures: the last 2 were off by 45.0 %"))
    expect(curve.locator("canvas")).to_be_visible()


def test_a_chart_follows_the_window_and_the_theme(page: Page, told: DeskProcess) -> None:
    page.goto(told.launch_url)
    page.get_by_role("link", name="System").click()
    curve = page.get_by_role("img", name=re.compile("^Prediction errors"))
    drawn = curve.evaluate(f"chart => {CANVAS}.toDataURL()")
    page.emulate_media(color_scheme="dark")
    curve.evaluate(until(f"{CANVAS}.toDataURL() !== given"), drawn)
    page.set_viewport_size({"width": 640, "height": 900})
    curve.evaluate(until(f"{CANVAS}.clientWidth < given"), 640)


def test_memory_is_charted_with_the_jobs_that_ran_meanwhile(desk_page: Page, first_desk: DeskProcess) -> None:
    desk_page.get_by_role("link", name="System").click()
    chart = desk_page.get_by_role("img", name=re.compile("^Memory over the last .* Image worker"))
    expect(chart.locator("canvas")).to_be_visible(timeout=SECONDS)
    first_desk.finished(first_desk.request("a brown bear"))
    ran = desk_page.get_by_role("list", name="What ran meanwhile").get_by_role("listitem")
    expect(ran.filter(has_text="a brown bear")).to_contain_text("took")
    ran.get_by_role("button", name="Why it ran as it did: a brown bear").click()
    expect(desk_page.get_by_role("dialog", name="Memory")).to_be_visible()


def test_a_picture_says_why_it_ran_so_and_its_error_joins_the_curve(desk_page: Page, first_desk: DeskProcess) -> None:
    desk_page.get_by_role("link", name="System").click()
    id_ = first_desk.finished(first_desk.request("a white owl"))["id"]
    (measured,) = first_desk.get(f"/api/generations/{id_}/memory")["measured"]
    count = len(first_desk.get("/api/memory/measurements?limit=200")["items"])
    expect(desk_page.get_by_role("img", name=re.compile(f"^Prediction errors of {count} pictures?:"))).to_be_visible()
    ran = (
        desk_page.get_by_role("list", name="What ran meanwhile").get_by_role("listitem").filter(has_text="a white owl")
    )
    expect(ran).to_contain_text(re.compile("Predicted .* measured .*%"))
    desk_page.get_by_role("link", name="Generate").click()
    shown = recent(desk_page).first
    expect(shown.get_by_role("img")).to_have_attribute("alt", re.compile("a white owl"), timeout=SECONDS)
    shown.get_by_role("button").click()
    lightbox = desk_page.get_by_role("dialog")
    lightbox.get_by_role("button", name="How it ran in memory").click()
    expect(cards(lightbox)).to_contain_text("Needed")
    expect(cards(lightbox)).to_contain_text(f"measured {rounded(measured['measured_mb'])} MB")


def test_a_loaded_model_is_listed_and_let_go(desk_page: Page, first_desk: DeskProcess) -> None:
    first_desk.finished(first_desk.request("a green frog"))
    desk_page.get_by_role("link", name="System").click()
    held = desk_page.get_by_role("list", name="Models in memory").get_by_role("listitem")
    expect(held).to_contain_text("image worker")
    held.get_by_role("button", name="Unload the image model").click()
    expect(desk_page.get_by_text("None is loaded.")).to_be_visible(timeout=SECONDS)
    assert first_desk.worker()["model_loaded"] is None


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_charts_and_the_card_are_in_nobodys_way(page: Page, told: DeskProcess, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(told.launch_url)
    for width in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": 900})
        expect(cards(event(page, told, type="MemoryPlanned"))).to_be_visible()
        assert serious(page) == []
        page.goto(f"{told.url}/system")
        expect(page.get_by_role("img", name=re.compile("^Prediction errors"))).to_be_visible()
        expect(page.get_by_role("img", name=re.compile("^Memory over the last"))).to_be_visible(timeout=SECONDS)
        page.get_by_text("As numbers").first.click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert serious(page) == []
