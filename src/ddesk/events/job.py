"""What happens to one background job."""

from typing import Literal

from msgspec import Struct

JobKind = Literal["thumbnail", "bulk", "undo", "backup"]


class JobEnqueued(Struct, frozen=True, tag=True, kw_only=True):
    """`subjects` are the ids of what the job is about: pictures, or the positions whose commands are undone.

    `action`, `rating` and `tags` are what a bulk job does to each picture, and an undo's `action` is `force` where it
    takes back later changes too; `folder` is where a backup goes, where that is not the one of the settings. Until
    schema version 2 there was one `subject`.
    """

    kind: JobKind
    subjects: tuple[str, ...]
    action: str = ""
    rating: int = 0
    tags: tuple[str, ...] = ()
    folder: str = ""


class JobStarted(Struct, frozen=True, tag=True):
    attempt: int


class JobAdvanced(Struct, frozen=True, tag=True):
    """So many of its subjects are done; appended together with what was done to them."""

    done: int


class JobCompleted(Struct, frozen=True, tag=True):
    seconds: float


class JobFailed(Struct, frozen=True, tag=True, kw_only=True):
    code: str
    words: str
    detail: str = ""


class JobCancelled(Struct, frozen=True, tag=True):
    pass


class JobInterrupted(Struct, frozen=True, tag=True, kw_only=True):
    """The desk or the worker died under it."""

    why: str
    words: str


class JobRetried(Struct, frozen=True, tag=True):
    why: Literal["interrupted", "asked", "undone"]


JobEvent = (
    JobEnqueued | JobStarted | JobAdvanced | JobCompleted | JobFailed | JobCancelled | JobInterrupted | JobRetried
)
