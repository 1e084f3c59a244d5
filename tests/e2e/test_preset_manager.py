"""The Models screen and the sidebar's switcher, before a real desk with the starter's files."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import OpenDesk
from tests.desk_process import DeskProcess
from tests.e2e.accessibility import serious
from tests.e2e.test_page import SECONDS, prompt, recent
from tests.starter_model import CLIP_L, DIFFUSION, STEPS, TAESD
from tests.workers.loras import lora


@pytest.fixture
def own_desk(open_desk: OpenDesk) -> DeskProcess:
    desk = open_desk()
    desk.until("WorkerReady", stream="worker-image")
    desk.post("/api/models/scan")
    return desk


@pytest.fixture
def models_page(page: Page, own_desk: DeskProcess) -> Page:
    page.goto(own_desk.launch_url)
    prompt(page).wait_for()
    page.get_by_label("Prompt", exact=True).blur()
    page.keyboard.press("2")
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    return page


def cards(page: Page) -> Locator:
    return page.get_by_role("list", name="Image presets").get_by_role("listitem")


def menu(page: Page, preset: str, choice: str) -> None:
    page.get_by_role("button", name=f"What to do with {preset}", exact=True).click()
    page.get_by_role("menuitem", name=choice).click()


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option).click()


def assembling(page: Page) -> Locator:
    """The editor, with the starter's diffusion model chosen."""
    page.get_by_role("button", name="New preset").click()
    choose(page, "Diffusion model, or full model", Path(DIFFUSION).name)
    editor = page.get_by_role("dialog", name="New image preset")
    expect(page.get_by_role("combobox", name="CLIP-L text encoder")).to_contain_text(Path(CLIP_L).name)
    return editor


def assembled(page: Page, name: str) -> None:
    editor = assembling(page)
    editor.get_by_label("Name").fill(name)
    for label, value in (("Width", 64), ("Height", 64), ("Steps", 2)):
        field = editor.get_by_label(f"{label}, exact")
        field.fill(str(value))
        field.press("Tab")
    editor.get_by_role("button", name="Save").click()
    expect(cards(page).filter(has_text=name)).to_have_count(1, timeout=SECONDS)


def test_a_preset_is_assembled_switched_to_and_makes_a_picture(models_page: Page, own_desk: DeskProcess) -> None:
    assembled(models_page, "Mine")
    made = own_desk.get("/api/presets/image")["items"][1]
    assert {each["part"] for each in made["files"]} == {"diffusion", "clip_l", "taesd"}
    assert (made["name"], made["width"], made["steps"]) == ("Mine", 64, 2)
    models_page.get_by_role("button", name="Image preset: Starter (toy pictures)").click()
    models_page.get_by_role("menuitem", name="Mine").click()
    card = cards(models_page).filter(has_text="Mine")
    expect(card.get_by_text("In memory")).to_be_visible(timeout=SECONDS)
    assert own_desk.worker()["model_loaded"] == made["id"]
    models_page.get_by_role("link", name="Generate").click()
    prompt(models_page).fill("a green fish")
    models_page.keyboard.press("Control+Enter")
    shown = recent(models_page).first.get_by_role("img")
    expect(shown).to_have_attribute("alt", re.compile("a green fish"), timeout=SECONDS)
    (image,) = own_desk.get("/api/images")["items"]
    assert image["recipe"]["preset"] == made["id"]
    models_page.get_by_role("link", name="Models").click()
    menu(models_page, "Mine", "Edit")
    models_page.get_by_role("dialog").get_by_role("img", name="a green fish").click()
    models_page.get_by_role("button", name="Save").click()
    expect(card.get_by_role("presentation")).to_be_visible(timeout=SECONDS)
    assert own_desk.get("/api/presets/image")["items"][1]["cover"] == image["id"]
    models_page.reload()
    expect(models_page.get_by_role("button", name="Image preset: Mine")).to_be_visible()


def test_edits_copies_and_deletions_are_taken_back(models_page: Page, own_desk: DeskProcess) -> None:
    starter = "Starter (toy pictures)"
    menu(models_page, starter, "Edit")
    models_page.get_by_label("Name").fill("Renamed")
    models_page.get_by_role("switch", name="Flash attention").click()
    models_page.get_by_role("button", name="Save").click()
    expect(cards(models_page)).to_contain_text(["Renamed"])
    assert own_desk.get("/api/presets/image")["items"][0]["memory_flags"] == ["flash_attention"]
    models_page.keyboard.press("Control+z")
    expect(cards(models_page)).to_contain_text([starter])
    assert own_desk.get("/api/presets/image")["items"][0]["memory_flags"] == []
    menu(models_page, starter, "Duplicate")
    expect(cards(models_page)).to_have_count(2)
    menu(models_page, f"Copy of {starter}", "Delete")
    expect(cards(models_page)).to_have_count(1)
    deleted = models_page.get_by_role("status").filter(has_text=f"“Copy of {starter}” deleted")
    deleted.get_by_role("button", name="Undo").click()
    expect(cards(models_page)).to_have_count(2)


def test_a_preset_travels_as_a_file(models_page: Page, own_desk: DeskProcess) -> None:
    with models_page.expect_download(timeout=SECONDS) as download:
        menu(models_page, "Starter (toy pictures)", "Export")
    assert download.value.suggested_filename == "starter-toy-pictures.json"
    picker = models_page.get_by_label("Preset to import")
    picker.set_input_files(download.value.path())
    expect(cards(models_page)).to_have_count(2, timeout=SECONDS)
    picker.set_input_files({"name": "other.json", "mimeType": "application/json", "buffer": b"[]"})
    expect(models_page.get_by_text("other.json is no preset")).to_be_visible()
    one, other = own_desk.get("/api/presets/image")["items"]
    assert {**one, "id": ""} == {**other, "id": ""}


def test_what_is_lacking_is_said_beside_the_part_and_the_estimate_follows(models_page: Page) -> None:
    editor = assembling(models_page)
    editor.get_by_label("Name").fill("Mine")
    save = editor.get_by_role("button", name="Save")
    expect(save).to_be_enabled()
    save.press("3")
    expect(editor, "the keys of the desk are at rest meanwhile").to_be_visible()
    needs = re.compile(r"eeds about \d")
    expect(editor.get_by_text(needs)).to_be_visible()
    before = editor.get_by_text(needs).text_content() or ""
    choose(models_page, "CLIP-L text encoder", "None")
    expect(editor.get_by_text("For FLUX.1 the preset lacks a file: CLIP-L text encoder")).to_be_visible()
    expect(save).to_be_disabled()
    expect(editor.get_by_text(needs)).not_to_have_text(before)
    assert serious(models_page) == []


def test_a_load_that_waits_for_a_picture_shows_and_can_be_cancelled(models_page: Page, own_desk: DeskProcess) -> None:
    id_ = own_desk.request("a slow car", width=512, height=512, steps=60)
    own_desk.until("GenerationStarted", stream=f"generation-{id_}")
    own_desk.post("/api/presets/image/starter/duplicate")
    models_page.get_by_role("button", name="Image preset: Starter (toy pictures)").click()
    models_page.get_by_role("menuitem", name="Copy of Starter").click()
    cancel = models_page.get_by_role("button", name="Cancel loading Copy of Starter")
    expect(models_page.get_by_role("progressbar", name="Loading Copy of Starter")).to_be_visible()
    models_page.get_by_role("button", name="Collapse the sidebar").click()
    assert serious(models_page) == []
    cancel.click()
    expect(cancel).to_have_count(0)
    own_desk.post(f"/api/generations/{id_}/cancel")
    assert own_desk.finished(id_)["status"] == "cancelled"


def test_model_files_are_listed_searched_and_told_as_they_come(models_page: Page, own_desk: DeskProcess) -> None:
    models_page.get_by_role("tab", name="Model files").click()
    rows = models_page.get_by_role("list", name="Model files").get_by_role("listitem")
    expect(rows).to_have_count(4)
    models_page.get_by_role("textbox", name="Search model files").fill("flux f16")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text([DIFFUSION])
    models_page.get_by_role("textbox", name="Search model files").fill("page")
    expect(models_page.get_by_text("No model file is like that.")).to_be_visible()
    (own_desk.data / "models" / "page.safetensors").write_text("<!DOCTYPE html>")
    own_desk.post("/api/models/scan")
    expect(rows).to_contain_text(["page.safetensors is no model but a web page"], timeout=SECONDS)
    models_page.reload()
    expect(models_page.get_by_role("tab", name="Model files")).to_have_attribute("aria-selected", "true")


def test_what_comes_with_the_desk_is_checked_restored_and_shows_its_licence(
    models_page: Page, own_desk: DeskProcess
) -> None:
    models_page.get_by_role("tab", name="Catalogue").click()
    card = models_page.get_by_role("list", name="Catalogue").locator("[data-entry=starter]")
    card.get_by_role("button", name="Check Starter").press("Enter")
    expect(models_page.get_by_text("Starter is whole")).to_be_visible(timeout=SECONDS)
    expect(card.get_by_text("Whole")).to_have_count(3)
    expect(card.get_by_role("button", name="Restore Starter")).to_be_disabled()
    path = own_desk.data / "models" / TAESD
    path.unlink()
    own_desk.post("/api/models/scan")
    expect(card.get_by_text("Missing")).to_be_visible(timeout=SECONDS)
    card.get_by_role("button", name="Restore Starter").click()
    expect(models_page.get_by_text("Starter is whole again")).to_be_visible(timeout=SECONDS)
    expect(card.get_by_text("Whole")).to_have_count(3)
    assert path.is_file()
    card.get_by_role("button", name="MIT: the licence of Starter").click()
    licence = models_page.get_by_role("dialog", name="The licence of Starter")
    expect(licence.get_by_text("trained from nothing, on pictures drawn by scripts")).to_be_visible()
    assert serious(models_page) == []
    models_page.keyboard.press("Escape")
    expect(licence).to_be_hidden()


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [420, 1920])
def test_nothing_serious_is_in_anyones_way(models_page: Page, scheme: str, width: int) -> None:
    models_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    models_page.set_viewport_size({"width": width, "height": 900})
    for tab in ("Catalogue", "Model files", "Image presets"):
        models_page.get_by_role("tab", name=tab).click()
        expect(models_page.get_by_role("list", name=tab).get_by_role("listitem").first).to_be_visible()
        assert serious(models_page) == []
        assert models_page.evaluate("document.documentElement.scrollWidth") <= width
    menu(models_page, "Starter (toy pictures)", "Edit")
    expect(models_page.get_by_role("combobox", name="CLIP-L text encoder")).to_contain_text(Path(CLIP_L).name)
    assert serious(models_page) == []


def test_loras_are_added_with_their_strength_and_one_of_another_model_is_told(
    models_page: Page, own_desk: DeskProcess
) -> None:
    folder = own_desk.data / "models" / "lora"
    folder.mkdir(exist_ok=True)
    lora(folder / "style.safetensors")
    lora(folder / "wide.safetensors", shape=(9216, 3072))
    own_desk.post("/api/models/scan")
    menu(models_page, "Starter (toy pictures)", "Edit")
    editor = models_page.get_by_role("dialog", name="Edit the image preset")
    choose(models_page, "Add a LoRA", "lora/wide.safetensors")
    expect(editor.get_by_text("The LoRA wide.safetensors was made for another model")).to_be_visible(timeout=SECONDS)
    expect(editor.get_by_role("button", name="Save")).to_be_disabled()
    editor.get_by_role("button", name="Remove lora/wide.safetensors").click()
    choose(models_page, "Add a LoRA", "lora/style.safetensors")
    strength = editor.get_by_label("Strength of lora/style.safetensors")
    strength.fill("0.75")
    strength.press("Tab")
    assert serious(models_page) == []
    editor.get_by_role("button", name="Save").click()
    expect(cards(models_page).get_by_text("LoRA × 0.75")).to_be_visible(timeout=SECONDS)
    assert [each["strength"] for each in own_desk.get("/api/presets/image")["items"][0]["loras"]] == [0.75]


def test_what_the_form_says_is_kept_as_the_presets_defaults_until_that_is_undone(
    models_page: Page, own_desk: DeskProcess
) -> None:
    models_page.get_by_role("link", name="Generate").click()
    keep = models_page.get_by_role("button", name="Keep as defaults")
    expect(keep).to_be_disabled()
    steps = models_page.get_by_label("Steps, exact")
    steps.fill("5")
    steps.press("Tab")
    keep.click()
    expect(keep).to_be_disabled()
    assert own_desk.get("/api/presets/image")["items"][0]["steps"] == 5
    models_page.get_by_role("button", name="Undo").click()
    expect(keep).to_be_enabled()
    assert own_desk.get("/api/presets/image")["items"][0]["steps"] == STEPS


def test_in_the_past_presets_are_seen_as_they_were_and_brought_back(models_page: Page, own_desk: DeskProcess) -> None:
    starter = own_desk.get("/api/presets/image")["items"][0]
    position = own_desk.get("/api/events?limit=1")["items"][0]["position"]
    own_desk.http.patch(f"/api/presets/image/{starter['id']}", json={"name": "Renamed"}).raise_for_status()
    expect(cards(models_page)).to_contain_text(["Renamed"])
    models_page.goto(f"{own_desk.url}/models?as_of={position}")
    expect(cards(models_page)).to_contain_text([starter["name"]], timeout=SECONDS)
    expect(models_page.get_by_role("button", name="New preset")).to_be_disabled()
    expect(models_page.get_by_role("button", name="What to do with")).to_be_disabled()
    assert serious(models_page) == []
    models_page.get_by_role("button", name="Restore this preset from here").click()
    expect(models_page.get_by_text("It is again as it was then")).to_be_visible(timeout=SECONDS)
    assert own_desk.get("/api/presets/image")["items"] == [starter]
