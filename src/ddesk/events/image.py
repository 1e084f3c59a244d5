"""What happens to one stored picture."""

from msgspec import Struct


class ImageAdded(Struct, frozen=True, tag=True, kw_only=True):
    """Its file was written and synced before this event. Hashes are SHA-256 in hexadecimal, `file_size` is in bytes."""

    generation_id: str
    index: int
    seed: int
    width: int
    height: int
    made_at: int
    preset_id: str
    file_size: int
    file_sha256: str
    pixels_sha256: str


class ImageThumbnailMade(Struct, frozen=True, tag=True, kw_only=True):
    width: int
    height: int
    file_size: int


class ImageMissing(Struct, frozen=True, tag=True):
    """The file was deleted or moved behind the desk's back."""


class ImageFoundAgain(Struct, frozen=True, tag=True):
    pass


ImageEvent = ImageAdded | ImageThumbnailMade | ImageMissing | ImageFoundAgain
