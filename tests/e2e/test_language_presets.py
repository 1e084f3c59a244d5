"""Language presets in a real browser: made of a model file, told what they take, edited and undone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.desk_process import DeskProcess
from tests.e2e.accessibility import serious
from tests.workers.probe.language_models import language_model, projector

PATH = "/api/presets/language"
FILES = ("e2e-talker.gguf", "e2e-mmproj.gguf", "e2e-other-mmproj.gguf")


@pytest.fixture
def files(first_desk: DeskProcess) -> Iterator[None]:
    """A language model of the test's own, a projector for it and one for another; and no presets left of them."""
    folder = first_desk.data / "models" / "llm"
    paths = [folder / name for name in FILES]
    language_model(paths[0], context=2048, embedding=256)
    projector(paths[1], embedding=256)
    projector(paths[2], embedding=512)
    first_desk.post("/api/models/scan")
    yield
    for preset in first_desk.get(PATH)["items"]:
        first_desk.http.delete(f"{PATH}/{preset['id']}").raise_for_status()
    for path in paths:
        path.unlink()
    first_desk.post("/api/models/scan")


@pytest.fixture
def presets(desk_page: Page, files: None) -> Page:
    desk_page.get_by_role("link", name="Models").click()
    desk_page.get_by_role("tab", name="Language presets").click()
    expect(desk_page.get_by_role("button", name="New language preset")).to_be_visible()
    return desk_page


def cards(page: Page) -> Locator:
    return page.get_by_role("list", name="Language presets").get_by_role("listitem")


def choose(page: Page, field: str, option: str) -> None:
    page.get_by_role("combobox", name=field, exact=True).click()
    page.get_by_role("option", name=re.compile(f"{option}$")).click()


def pick(card: Locator, action: str) -> None:
    card.get_by_role("button", name="What to do with Small talker").click()
    card.page.get_by_role("menuitem", name=action).click()


def made(page: Page) -> Locator:
    """The card of a preset that was made of the model alone."""
    page.get_by_role("button", name="New language preset").click()
    choose(page, "Language model", FILES[0])
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    return cards(page).first


def test_one_is_made_of_files_that_fit_and_says_what_it_takes(presets: Page) -> None:
    presets.get_by_role("button", name="New language preset").click()
    editor = presets.get_by_role("dialog", name="New language preset")
    expect(editor.get_by_role("button", name="Save")).to_be_disabled()
    choose(presets, "Language model", FILES[0])
    expect(editor.get_by_label("Name", exact=True)).to_have_value("Small talker")
    expect(editor).to_contain_text("Fits: needs about")
    expect(editor).to_contain_text("Context 2 MB")
    choose(presets, "Picture projector", FILES[2])
    expect(editor.get_by_role("alert")).to_contain_text("was made for another language model")
    expect(editor.get_by_role("button", name="Save")).to_be_disabled()
    choose(presets, "Picture projector", FILES[1])
    expect(editor.get_by_role("alert")).to_have_count(0)
    assert serious(presets) == []
    editor.get_by_role("button", name="Save").click()
    card = cards(presets).first
    expect(card).to_contain_text("2,048 tokens")
    expect(card).to_contain_text(FILES[0])
    expect(card).to_contain_text(FILES[1])
    expect(card).to_contain_text("Fits: needs about")
    assert serious(presets) == []


def test_prompts_are_ones_own_until_they_are_reset(presets: Page, first_desk: DeskProcess) -> None:
    own = first_desk.get(f"{PATH}/prompts")["assistant"]
    pick(made(presets), "Edit")
    editor = presets.get_by_role("dialog", name="Edit language preset")
    field = editor.get_by_label(re.compile("^Assistant"))
    expect(field).to_have_value(own)
    field.fill("Be brief.")
    editor.get_by_role("button", name="Save").click()
    expect(cards(presets).first).to_contain_text("Prompts of your own: Assistant")
    pick(cards(presets).first, "Edit")
    editor.get_by_role("button", name="Reset the prompt Assistant").click()
    expect(field).to_have_value(own)
    editor.get_by_role("button", name="Save").click()
    expect(cards(presets).first).not_to_contain_text("Prompts of your own")
    assert first_desk.get(PATH)["items"][0]["prompts"]["assistant"] == ""


def test_what_was_done_to_one_is_undone_and_it_travels_as_a_file(presets: Page, tmp_path: Path) -> None:
    card = made(presets)
    with presets.expect_download() as download:
        pick(card, "Export")
    document = tmp_path / download.value.suggested_filename
    download.value.save_as(document)
    assert document.name == "small-talker.json"
    pick(card, "Delete")
    expect(presets.get_by_text("There is none yet.")).to_be_visible()
    presets.keyboard.press("Control+z")
    expect(cards(presets)).to_have_count(1)
    presets.get_by_label("Language preset to import").set_input_files(document)
    expect(cards(presets)).to_have_count(2)
    presets.get_by_role("link", name="Timeline").click()
    expect(presets.get_by_role("list", name="Timeline")).to_contain_text("You added the language preset Small talker")


@pytest.mark.parametrize("width", [420, 1920])
def test_it_is_whole_on_a_narrow_and_on_a_wide_window(presets: Page, width: int) -> None:
    expect(made(presets)).to_be_visible()
    presets.set_viewport_size({"width": width, "height": 900})
    pick(cards(presets).first, "Edit")
    expect(presets.get_by_role("dialog").get_by_role("button", name="Save")).to_be_in_viewport()
    assert presets.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious(presets) == []
