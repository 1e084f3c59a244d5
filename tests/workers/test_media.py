import io
import os
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from ddesk.protocol.messages import MakeThumbnail, ThumbnailMade, UnloadModel, Work, WorkFailed
from tests.workers.recording import RecordingDesk
from workers import media
from workers.media import FORMATS, MAX_PIXELS, MediaRole

pytestmark = pytest.mark.quick

_ORIENTATION = 0x0112
_QUARTER_TURN = 6


def do(work: Work) -> RecordingDesk:
    desk = RecordingDesk()
    MediaRole().work(work, desk)
    return desk


def thumbnail(path: Path, side: int = 64) -> Image.Image:
    desk = do(MakeThumbnail(work_id="1", path=str(path), side=side))
    made = desk.last
    assert isinstance(made, ThumbnailMade), made
    picture = Image.open(io.BytesIO(desk.last_frame))
    assert picture.format == "WEBP"
    assert picture.size == (made.width, made.height)
    return picture


def refusal(path: Path) -> WorkFailed:
    failed = do(MakeThumbnail(work_id="1", path=str(path), side=64)).last
    assert isinstance(failed, WorkFailed)
    assert failed.work_id == "1"
    return failed


def png_that_claims(width: int, height: int) -> bytes:
    """A whole PNG by its checksums, whose few bytes of pixels would unpack to what it claims."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("size", "fitted"), [((400, 200), (64, 32)), ((200, 400), (32, 64)), ((300, 300), (64, 64))])
def test_a_thumbnail_keeps_the_shape(size: tuple[int, int], fitted: tuple[int, int], tmp_path: Path) -> None:
    Image.new("RGB", size, "red").save(tmp_path / "a.png")
    assert thumbnail(tmp_path / "a.png").size == fitted


def test_a_small_picture_does_not_grow(tmp_path: Path) -> None:
    Image.new("RGB", (20, 10)).save(tmp_path / "a.png")
    assert thumbnail(tmp_path / "a.png").size == (20, 10)


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_that_people_keep_can_be_shown(format_: str, tmp_path: Path) -> None:
    Image.new("RGB", (128, 128), (200, 30, 30)).save(tmp_path / "picture", format_)
    red, green, blue = thumbnail(tmp_path / "picture").convert("RGB").getpixel((32, 32))  # type: ignore[misc]
    assert red > 150
    assert green < 90
    assert blue < 90


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F"])
def test_every_kind_of_pixel_can_be_shown(mode: str, tmp_path: Path) -> None:
    Image.new(mode, (128, 64)).save(tmp_path / "a.tiff")
    assert thumbnail(tmp_path / "a.tiff").size == (64, 32)


def test_what_is_transparent_stays_so(tmp_path: Path) -> None:
    Image.new("RGBA", (128, 128), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert thumbnail(tmp_path / "a.png").getchannel("A").getextrema() == (0, 0)


def test_a_photograph_stands_upright(tmp_path: Path) -> None:
    lying = Image.new("RGB", (200, 100))
    exif = lying.getexif()
    exif[_ORIENTATION] = _QUARTER_TURN
    lying.save(tmp_path / "a.jpg", exif=exif)
    assert thumbnail(tmp_path / "a.jpg").size == (32, 64)


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png_that_claims(MAX_PIXELS // 8 + 1, 8))
    failed = refusal(tmp_path / "bomb.png")
    assert failed.code == "unreadable_image"
    assert f"more than {MAX_PIXELS:,}" in failed.detail


def test_a_picture_that_claims_to_be_endless_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png_that_claims(2**31 - 1, 2**31 - 1))
    assert refusal(tmp_path / "bomb.png").code == "unreadable_image"


@pytest.mark.parametrize("kept", [0, 10, 100, 0.5])
def test_a_file_that_was_cut_off_is_refused(kept: float, tmp_path: Path) -> None:
    Image.effect_noise((64, 64), 50).save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: int(kept * len(whole)) if 0 < kept < 1 else int(kept)])
    assert refusal(tmp_path / "a.png").code == "unreadable_image"


@pytest.mark.parametrize("content", [b"<html>no</html>", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"GGUF\x03\x00\x00\x00"])
def test_what_is_no_picture_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert refusal(tmp_path / "a.png").code == "unreadable_image"


def test_a_file_that_is_not_there_is_told_apart(tmp_path: Path) -> None:
    failed = refusal(tmp_path / "gone.png")
    assert (failed.code, failed.detail) == ("file_missing", str(tmp_path / "gone.png"))
    assert str(tmp_path) not in failed.words


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    assert refusal(tmp_path).code == "file_missing"


def test_a_pipe_that_nobody_fills_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert refusal(tmp_path / "pipe.png").code == "file_missing"


def test_a_file_too_large_to_be_a_picture_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.effect_noise((64, 64), 50).save(tmp_path / "a.png")
    monkeypatch.setattr(media, "MAX_BYTES", 1000)
    failed = refusal(tmp_path / "a.png")
    assert failed.code == "unreadable_image"
    assert "larger than" in failed.detail


@pytest.mark.parametrize(
    "work", [UnloadModel(work_id="1"), MakeThumbnail(work_id="1", path="/", side=0)], ids=["not its own", "no pixel"]
)
def test_work_that_makes_no_sense_is_refused(work: Work) -> None:
    failed = do(work).last
    assert isinstance(failed, WorkFailed)
    assert failed.code == "invalid_work"
