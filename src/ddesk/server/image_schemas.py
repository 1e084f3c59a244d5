"""What the API takes and gives of pictures in the gallery. Sizes are in pixels or bytes as named, times ISO 8601."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ddesk.server.generation_schemas import Recipe
from ddesk.server.schemas import Forgotten, Id


class Image(Struct, frozen=True, kw_only=True):
    """`seed` is this picture's own. `file` and `thumbnail` are addresses; `thumbnail` is null until its job has run."""

    id: str
    generation: str
    index: int
    seed: int
    width: int
    height: int
    made_at: str
    file_size: int
    pixels_sha256: str
    rating: int
    favorite: bool
    tags: list[str]
    trashed: bool
    missing: bool
    file: str
    thumbnail: str | None
    recipe: Recipe


class Rerun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do differently than then; what is left out is as it was."""

    sampler: str | None = None
    sigma_schedule: str | None = None
    steps: Annotated[int, Meta(ge=1, le=150)] | None = None
    cfg: Annotated[float, Meta(ge=0, le=30)] | None = None
    guidance: Annotated[float, Meta(ge=0, le=30)] | None = None
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = None


class Difference(Struct, frozen=True):
    """A fact that decides over pixels, such as `sampler`, `engine.version` or `model_files.vae.sha256`.

    Null is what is not known, or not there.
    """

    field: str
    then: str | int | float | None
    now: str | int | float | None


class Comparison(Struct, frozen=True, kw_only=True):
    """`rerun` is the picture that was made like `image`; `identical`: every pixel is the same."""

    image: str
    rerun: str
    identical: bool
    differing: list[Difference]


class ImageOrigin(Struct, frozen=True, kw_only=True):
    """Whether the same picture could be made again now, and which facts are no longer what they were.

    `exact`: all is as it was. `likely`: only the engine's version, backend, device or precautions differ.
    """

    verdict: Literal["exact", "likely", "cannot"]
    fields: list[Difference]


class Rating(Struct, frozen=True, forbid_unknown_fields=True):
    """1 to 5 stars; 0 takes them back."""

    rating: Annotated[int, Meta(ge=0, le=5)]


Tags = Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(min_length=1, max_length=100)]


class TagChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Tags are kept in lower case, with single spaces."""

    add: Tags | UnsetType = UNSET
    remove: Tags | UnsetType = UNSET


class Purge(Struct, frozen=True, forbid_unknown_fields=True):
    """With `forget`, what was said of the picture goes too, and its prompts where they made nothing that is left."""

    forget: bool = False


class BulkChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do with many pictures. `rating` is for `rate`, `tags` for `tag` and `untag`, `forget` for `purge`."""

    action: Literal["rate", "favorite", "unfavorite", "tag", "untag", "trash", "restore", "purge"]
    images: Annotated[list[Id], Meta(min_length=1, max_length=100_000)]
    rating: Annotated[int, Meta(ge=0, le=5)] = 0
    tags: Tags | UnsetType = UNSET
    forget: bool = False


class BulkChanged(Struct, frozen=True):
    """`job` is the one that does it, where the pictures are many; null where it is done already."""

    job: str | None
    forgotten: Forgotten | UnsetType = UNSET


class Tag(Struct, frozen=True):
    """`count` is the number of pictures that have it."""

    name: str
    count: int


class Trash(Struct, frozen=True):
    """`size` is that of the pictures' files, in bytes."""

    count: int
    size: int
