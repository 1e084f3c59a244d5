"""What happens to one stored picture."""

from typing import Literal

from msgspec import Struct

TagSource = Literal["user", "model", "import"]


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


class ImageRated(Struct, frozen=True, tag=True):
    """`rating` is 1 to 5 stars; 0 takes them back."""

    rating: int


class ImageFavorited(Struct, frozen=True, tag=True):
    pass


class ImageUnfavorited(Struct, frozen=True, tag=True):
    pass


class ImageTagged(Struct, frozen=True, tag=True, kw_only=True):
    """`tags` are those that it did not have yet. `confidence`, from 0 to 1, is a model's."""

    source: TagSource
    confidence: float | None = None
    tags: tuple[str, ...] = ()


class ImageUntagged(Struct, frozen=True, tag=True):
    tags: tuple[str, ...] = ()


class ImageTrashed(Struct, frozen=True, tag=True):
    """Its bytes stay until it is purged."""


class ImageRestored(Struct, frozen=True, tag=True):
    pass


class ImagePurged(Struct, frozen=True, tag=True):
    """Its bytes are removed from the disk, for good, after this event."""


class ImageMissing(Struct, frozen=True, tag=True):
    """The file was deleted or moved behind the desk's back."""


class ImageFoundAgain(Struct, frozen=True, tag=True):
    pass


ImageEvent = (
    ImageAdded
    | ImageThumbnailMade
    | ImageRated
    | ImageFavorited
    | ImageUnfavorited
    | ImageTagged
    | ImageUntagged
    | ImageTrashed
    | ImageRestored
    | ImagePurged
    | ImageMissing
    | ImageFoundAgain
)
