"""The rules of one stored picture."""

from collections.abc import Sequence
from typing import Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.decider import Decider
from ddesk.errors import Conflict, Invalid, NotFound
from ddesk.events.image import (
    ImageAdded,
    ImageEvent,
    ImageFavorited,
    ImageFoundAgain,
    ImageMissing,
    ImagePurged,
    ImageRated,
    ImageRestored,
    ImageTagged,
    ImageThumbnailMade,
    ImageTrashed,
    ImageUnfavorited,
    ImageUntagged,
    TagSource,
)

MOST_STARS = 5
LONGEST_TAG = 100


class Tagging(Struct, frozen=True):
    """Who gave a picture a tag, and how sure a model was of it."""

    source: TagSource
    confidence: float | None = None


class Image(Struct, frozen=True, kw_only=True):
    added: ImageAdded | None = None
    thumbnail: ImageThumbnailMade | None = None
    missing: bool = False
    rating: int = 0
    favorite: bool = False
    tags: dict[str, Tagging] = {}
    trashed: bool = False
    purged: bool = False


class AddImage(Struct, frozen=True):
    image: ImageAdded


class RecordThumbnail(Struct, frozen=True):
    thumbnail: ImageThumbnailMade


class ReportMissing(Struct, frozen=True):
    pass


class ReportFound(Struct, frozen=True):
    pass


class RateImage(Struct, frozen=True):
    rating: int


class FavoriteImage(Struct, frozen=True):
    pass


class UnfavoriteImage(Struct, frozen=True):
    pass


class TagImage(Struct, frozen=True):
    tags: tuple[str, ...]
    source: TagSource = "user"
    confidence: float | None = None


class UntagImage(Struct, frozen=True):
    tags: tuple[str, ...]


class TrashImage(Struct, frozen=True):
    pass


class RestoreImage(Struct, frozen=True):
    pass


class PurgeImage(Struct, frozen=True):
    """For good; only what is in the trash."""


ImageChange = (
    RateImage | FavoriteImage | UnfavoriteImage | TagImage | UntagImage | TrashImage | RestoreImage | PurgeImage
)
"""What a person does to a picture, or to many at once."""

Action = Literal["rate", "favorite", "unfavorite", "tag", "untag", "trash", "restore", "purge", "forget"]
"""The changes by name, as bulk jobs and programs call them; to forget is to purge, and more (`app/forgetting.py`)."""

ImageCommand = AddImage | RecordThumbnail | ReportMissing | ReportFound | ImageChange


def evolve(state: Image, event: ImageEvent) -> Image:
    match event:
        case ImageAdded():
            return replace(state, added=event)
        case ImageThumbnailMade():
            return replace(state, thumbnail=event)
        case ImageRated(rating=rating):
            return replace(state, rating=rating)
        case ImageFavorited():
            return replace(state, favorite=True)
        case ImageUnfavorited():
            return replace(state, favorite=False)
        case ImageTagged(tags=tags):
            return replace(state, tags=state.tags | dict.fromkeys(tags, Tagging(event.source, event.confidence)))
        case ImageUntagged(tags=tags):
            return replace(state, tags={tag: by for tag, by in state.tags.items() if tag not in tags})
        case ImageTrashed():
            return replace(state, trashed=True)
        case ImageRestored():
            return replace(state, trashed=False)
        case ImagePurged():
            return replace(state, purged=True)
        case ImageMissing():
            return replace(state, missing=True)
        case ImageFoundAgain():
            return replace(state, missing=False)
        case _:
            assert_never(event)


def decide(state: Image, command: ImageCommand) -> Sequence[ImageEvent]:
    if isinstance(command, AddImage):
        return [command.image] if state.added is None else []
    if state.added is None:
        raise NotFound("no_such_image", "There is no such picture.", "Look at the list of pictures.")
    match command:
        case RecordThumbnail():
            return [] if state.thumbnail == command.thumbnail else [command.thumbnail]
        case ReportMissing():
            return [] if state.missing or state.purged else [ImageMissing()]
        case ReportFound():
            return [ImageFoundAgain()] if state.missing else []
        case _:
            return _change(state, command)


def _change(state: Image, command: ImageChange) -> Sequence[ImageEvent]:
    if isinstance(command, PurgeImage):
        return _purge(state)
    if state.purged:
        raise Conflict("image_purged", "This picture was removed for good.", "Make it again from its recipe.")
    match command:
        case RateImage():
            return _rate(state, command.rating)
        case FavoriteImage():
            return [] if state.favorite else [ImageFavorited()]
        case UnfavoriteImage():
            return [ImageUnfavorited()] if state.favorite else []
        case TagImage():
            return _tag(state, command)
        case UntagImage():
            gone = tuple(tag for tag in normal(command.tags) if tag in state.tags)
            return [ImageUntagged(gone)] if gone else []
        case TrashImage():
            return [] if state.trashed else [ImageTrashed()]
        case RestoreImage():
            return [ImageRestored()] if state.trashed else []
        case _:
            assert_never(command)


def _purge(state: Image) -> Sequence[ImageEvent]:
    if state.purged:
        return []
    if not state.trashed:
        raise Conflict("not_in_trash", "Only pictures in the trash can be removed for good.", "Trash it first.")
    return [ImagePurged()]


def _rate(state: Image, rating: int) -> Sequence[ImageEvent]:
    return [] if _stars(rating) == state.rating else [ImageRated(rating)]


def _stars(rating: int) -> int:
    if not 0 <= rating <= MOST_STARS:
        raise Invalid("bad_rating", f"A picture has 1 to {MOST_STARS} stars, or 0 for none.", "Choose one of these.")
    return rating


def _tag(state: Image, command: TagImage) -> Sequence[ImageEvent]:
    new = tuple(tag for tag in normal(command.tags) if tag not in state.tags)
    return [ImageTagged(source=command.source, confidence=command.confidence, tags=new)] if new else []


def change(action: str, rating: int, tags: tuple[str, ...]) -> ImageChange:
    """The one of this name. Raises Invalid for a bad rating or tag, and where there is no such change."""
    match action:
        case "rate":
            return RateImage(_stars(rating))
        case "tag":
            return TagImage(normal(tags))
        case "untag":
            return UntagImage(normal(tags))
    plain: dict[str, ImageChange] = {
        "favorite": FavoriteImage(),
        "unfavorite": UnfavoriteImage(),
        "trash": TrashImage(),
        "restore": RestoreImage(),
        "purge": PurgeImage(),
        "forget": PurgeImage(),
    }
    if action not in plain:
        raise Invalid("unknown_action", f"There is no action {action!r}.", f"Choose one of: {', '.join(plain)}.")
    return plain[action]


def normal(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags as they are kept: lower case, single spaces, each once. Raises Invalid for one that is empty or too long."""
    found = dict.fromkeys(" ".join(tag.casefold().split()) for tag in tags)
    for tag in found:
        if not 0 < len(tag) <= LONGEST_TAG or "\0" in tag:
            raise Invalid("bad_tag", f"A tag has 1 to {LONGEST_TAG} characters.", "Shorten it, or leave it out.")
    return tuple(found)


image = Decider[Image, ImageCommand, ImageEvent](Image(), evolve, decide)
