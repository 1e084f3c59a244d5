"""What happens too often, or matters too briefly, to be remembered: it is told to who is watching, and gone."""

from typing import Literal

from msgspec import Struct


class WorkProgress(Struct, frozen=True, kw_only=True):
    """`image` of `batch` counts from 1; times are in seconds, `remaining` is for this picture and None if unknown."""

    generation: str
    phase: Literal["loading", "encoding", "sampling", "decoding", "saving"]
    step: int
    steps: int
    image: int
    batch: int
    steps_per_second: float | None
    elapsed: float
    remaining: float | None


class PreviewFrame(Struct, frozen=True):
    """A JPEG of the unfinished picture."""

    generation: str
    jpeg: bytes


class Alert(Struct, frozen=True, kw_only=True):
    """Something that a person should know now."""

    level: Literal["info", "warning", "error"]
    code: str
    title: str
    words: str
    generation: str | None = None


Notice = WorkProgress | PreviewFrame | Alert
