"""The media worker: pictures that are not the desk's own are only ever decoded here."""

import errno
import io
import sys
import warnings
from pathlib import Path

import PIL
from PIL import Image, ImageOps

from ddesk.protocol.messages import MakeThumbnail, MemoryReport, ThumbnailMade, Work, WorkFailed
from workers import memory, processor
from workers.role import Desk, Identity
from workers.runtime import run

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_BYTES = 512 << 20
MAX_PIXELS = 128_000_000
"""Larger pictures are refused; four bytes a pixel, decoding one takes half a GiB."""

_WEBP_QUALITY = 82


class MediaRole:
    """Thumbnails by Pillow; it has no model."""

    def identity(self) -> Identity:
        return Identity(
            kind="media",
            engine="Pillow",
            engine_version=PIL.__version__,
            backend="cpu",
            device=processor.name(),
            can_abort=False,
        )

    def work(self, work: Work, desk: Desk) -> None:
        if isinstance(work, MakeThumbnail):
            _make_thumbnail(work, desk)
        else:
            words = f"The media worker can't do {type(work).__name__}."
            desk.say(WorkFailed(work_id=work.work_id, code="invalid_work", words=words))

    def memory(self) -> MemoryReport:
        return memory.measure(gpu=False)

    def model_loaded(self) -> str | None:
        return None


def thumbnail(content: bytes, side: int) -> Image.Image:
    """The picture as it is meant to be seen, fitted into a square; it never grows.

    Raises whatever Pillow's decoders do for content that isn't such a picture, and ValueError for one too large.
    """
    if len(content) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES >> 20} MiB")
    quiet = warnings.catch_warnings(action="ignore")  # of a damaged file's oddities; what matters raises
    with quiet, Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise ValueError(f"it has {opened.width} × {opened.height} pixels, more than {MAX_PIXELS:,}")
        opened.draft("RGB", (side, side))
        small = ImageOps.exif_transpose(opened)
        small = small.convert("RGBA" if small.has_transparency_data else "RGB")
        small.thumbnail((side, side))
        return small


def _make_thumbnail(work: MakeThumbnail, desk: Desk) -> None:
    if work.side < 1:
        desk.say(WorkFailed(work_id=work.work_id, code="invalid_work", words="A thumbnail has at least one pixel."))
        return
    try:
        content = _read(Path(work.path))
    except OSError as missing:
        words = f"The picture can't be read: {missing.strerror or missing}."
        desk.say(WorkFailed(work_id=work.work_id, code="file_missing", words=words, detail=work.path))
        return
    try:
        small = thumbnail(content, work.side)
    except Exception as wrong:  # decoders of strangers' files raise anything
        words = "This file is not a picture that the desk can show."
        desk.say(WorkFailed(work_id=work.work_id, code="unreadable_image", words=words, detail=str(wrong)))
        return
    frame = io.BytesIO()
    small.save(frame, "WEBP", quality=_WEBP_QUALITY)
    desk.say(ThumbnailMade(work_id=work.work_id, width=small.width, height=small.height), frame.getvalue())


def _read(path: Path) -> bytes:
    """At most one byte more than is allowed, and never from a pipe or a device, which might not end."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a file")
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def main() -> int:
    return run(lambda _options: MediaRole())


if __name__ == "__main__":
    sys.exit(main())
