"""The desk's own picture files. Where one lies follows from its id and the time in it, so events hold no paths."""

from datetime import UTC, datetime
from pathlib import Path

from ddesk.events.ids import unix_ms_of
from ddesk.paths import DataDir, write_durably


class Media:
    """Writes are durable when they return, so that the event that tells of a file is never ahead of it."""

    def __init__(self, data: DataDir) -> None:
        self._data = data

    def image_path(self, image_id: str) -> Path:
        return self._data.images / _folder(image_id) / f"{image_id}.png"

    def thumbnail_path(self, image_id: str) -> Path:
        return self._data.thumbs / _folder(image_id) / f"{image_id}.webp"

    def save_image(self, image_id: str, png: bytes) -> None:
        """Raises OSError where it can't be written, on a full disk for instance."""
        write_durably(self.image_path(image_id), png)

    def save_thumbnail(self, image_id: str, webp: bytes) -> None:
        """Raises OSError where it can't be written."""
        write_durably(self.thumbnail_path(image_id), webp)

    def discard_image(self, image_id: str) -> None:
        """Remove a file that no event tells of."""
        self.image_path(image_id).unlink(missing_ok=True)

    def remove(self, image_id: str) -> None:
        """Remove a picture with its thumbnail, for good. Raises OSError."""
        for path in (self.image_path(image_id), self.thumbnail_path(image_id)):
            path.unlink(missing_ok=True)


def _folder(id_: str) -> str:
    """`yyyy/mm/dd`, in UTC."""
    return datetime.fromtimestamp(unix_ms_of(id_) / 1000, UTC).strftime("%Y/%m/%d")
