import io

import pytest
from PIL import Image

from workers.image import png
from workers.image.frame import Frame

pytestmark = pytest.mark.quick


def _frame(*, different: int, of: int = 100, background: bytes = b"\0\0\0", other: bytes = b"\x80\x80\x80") -> Frame:
    """Ten pixels wide; the last `different` ones are of another colour than the rest."""
    return Frame(10, of // 10, background * (of - different) + other * different)


@pytest.mark.parametrize("background", [b"\0\0\0", b"\xff\xff\xff", b"\x10\x80\x30"])
def test_a_picture_of_one_colour_is_blank(background: bytes) -> None:
    assert _frame(different=0, background=background).is_blank()


def test_a_small_thing_on_a_plain_ground_is_a_picture() -> None:
    assert not _frame(different=2, background=b"\xff\xff\xff", other=b"\xff\0\0").is_blank()


def test_a_picture_of_shades_that_no_eye_tells_apart_is_blank() -> None:
    assert _frame(different=50, background=b"\x98\x8e\x9a", other=b"\x99\x8f\x9b").is_blank()


def test_a_faint_picture_is_not_blank() -> None:
    assert not _frame(different=50, background=b"\xf0\xf0\xf0", other=b"\xf0\xe8\xf0").is_blank()


def test_a_grey_that_is_shaded_at_its_edges_is_blank() -> None:
    """As the starter's decoder draws what is no number."""
    assert _framed(32, edge=b"\x71\x75\x7c", inside=b"\x8f\x87\x92").is_blank()


@pytest.mark.parametrize(("edge", "inside"), [(b"\x00\x00\x00", b"\x8f\x87\x92"), (b"\xff\xff\xff", b"\xd0\xff\xff")])
def test_a_frame_that_an_eye_sees_is_a_picture(edge: bytes, inside: bytes) -> None:
    assert not _framed(32, edge, inside).is_blank()


def _framed(side: int, edge: bytes, inside: bytes) -> Frame:
    whole = edge * side
    row = edge * 4 + inside * (side - 8) + edge * 4
    return Frame(side, side, whole * 4 + row * (side - 8) + whole * 4)


def test_a_preview_fits_its_side_and_keeps_its_shape() -> None:
    frame = Frame(200, 100, b"\x20\x40\x60" * 20_000)
    assert Image.open(io.BytesIO(frame.jpeg(50))).size == (50, 25)


def test_a_small_preview_is_not_enlarged() -> None:
    assert Image.open(io.BytesIO(_frame(different=3).jpeg(512))).size == (10, 10)


def test_a_png_keeps_every_pixel_and_text_of_any_language() -> None:
    frame = _frame(different=40)
    image = Image.open(io.BytesIO(png.encode(frame, {"parameters": "a cat\nSteps: 4", "ddesk": '"猫"'})))
    assert image.tobytes() == frame.rgb
    assert image.info == {"parameters": "a cat\nSteps: 4", "ddesk": '"猫"'}
