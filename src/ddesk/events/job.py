"""What happens to one background job."""

from typing import Literal

from msgspec import Struct

JobKind = Literal["thumbnail"]


class JobEnqueued(Struct, frozen=True, tag=True, kw_only=True):
    """`subject` is the id of what the job is about, such as an image's."""

    kind: JobKind
    subject: str


class JobStarted(Struct, frozen=True, tag=True):
    attempt: int


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
    why: Literal["interrupted", "asked"]


JobEvent = JobEnqueued | JobStarted | JobCompleted | JobFailed | JobCancelled | JobInterrupted | JobRetried
