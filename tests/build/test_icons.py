"""The icon: every form of it is the drawing that the page shows too."""

import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageColor

from build import freedesktop, icons
from ddesk.launcher import browsers

pytestmark = pytest.mark.quick
GROUND = ImageColor.getrgb("#0f766e")


def test_the_master_was_made_from_the_drawing_as_it_is() -> None:
    assert icons.drawn_from() == icons.digest(), "the drawing has changed: run `uv run python -m build.icons`"


def pixel(picture: Image.Image, x: float, y: float) -> tuple[int, ...]:
    """Where `x` and `y` are parts of its width and height."""
    found = picture.getpixel((int(x * picture.width), int(y * picture.height)))
    assert isinstance(found, tuple)
    return found


def circles() -> Iterator[tuple[float, float, tuple[int, ...], float]]:
    """Of the drawing: a point within each, left of its centre, as parts of the width; its colour and opacity."""
    for shape in ET.parse(icons.DRAWING).getroot().iter():
        if shape.tag.endswith("circle"):
            x, y, radius = (float(shape.attrib[name]) for name in ("cx", "cy", "r"))
            colour = ImageColor.getrgb(shape.get("fill", "#f0fdfa"))
            yield (x - radius / 2) / 32, y / 32, colour, float(shape.get("opacity", "1"))


def test_the_master_shows_what_the_drawing_draws() -> None:
    master = icons.master()
    assert pixel(master, 0, 0) == (0, 0, 0, 0)
    assert pixel(master, 0.5, 0.01) == (*GROUND, 255)
    found = list(circles())
    assert len(found) == 8
    for x, y, fill, opacity in found:
        *seen, alpha = pixel(master, x, y)
        meant = [opacity * over + (1 - opacity) * under for over, under in zip(fill, GROUND, strict=True)]
        assert seen == pytest.approx(meant, abs=2)
        assert alpha == 255


def test_windows_gets_every_size_from_16_to_256() -> None:
    with Image.open(io.BytesIO(icons.ico())) as picture:
        sizes = picture.info["sizes"]
    assert {(side, side) for side in (16, 32, 48, 256)} <= sizes


def test_macos_gets_sizes_up_to_1024() -> None:
    with Image.open(io.BytesIO(icons.icns())) as picture:
        assert (512, 512, 2) in picture.info["sizes"]


def test_a_linux_desktop_gets_an_entry_that_knows_the_desks_window_and_the_icon_in_each_size() -> None:
    files = freedesktop.files()
    assert b"Icon=ddesk\n" in files["applications/ddesk.desktop"]
    window = browsers.app_command("chromium", "http://127.0.0.1:7433", Path("profile"))
    assert "--class=ddesk" in window
    assert b"StartupWMClass=ddesk\n" in files["applications/ddesk.desktop"]
    for side in freedesktop.SIDES:
        with Image.open(io.BytesIO(files[f"icons/hicolor/{side}x{side}/apps/ddesk.png"])) as picture:
            assert picture.size == (side, side)
