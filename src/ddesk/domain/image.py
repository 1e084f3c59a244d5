"""The rules of one stored picture."""

from collections.abc import Sequence
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ddesk.domain.decider import Decider
from ddesk.errors import NotFound
from ddesk.events.image import ImageAdded, ImageEvent, ImageFoundAgain, ImageMissing, ImageThumbnailMade


class Image(Struct, frozen=True, kw_only=True):
    added: ImageAdded | None = None
    thumbnail: ImageThumbnailMade | None = None
    missing: bool = False


class AddImage(Struct, frozen=True):
    image: ImageAdded


class RecordThumbnail(Struct, frozen=True):
    thumbnail: ImageThumbnailMade


class ReportMissing(Struct, frozen=True):
    pass


class ReportFound(Struct, frozen=True):
    pass


ImageCommand = AddImage | RecordThumbnail | ReportMissing | ReportFound


def evolve(state: Image, event: ImageEvent) -> Image:
    match event:
        case ImageAdded():
            return replace(state, added=event)
        case ImageThumbnailMade():
            return replace(state, thumbnail=event)
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
            return [] if state.missing else [ImageMissing()]
        case ReportFound():
            return [ImageFoundAgain()] if state.missing else []
        case _:
            assert_never(command)


image = Decider[Image, ImageCommand, ImageEvent](Image(), evolve, decide)
