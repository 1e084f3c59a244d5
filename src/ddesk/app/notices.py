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


class ShadowProgress(Struct, frozen=True, kw_only=True):
    """The read models as of `position` are being built: `done` events of as many are folded."""

    position: int
    done: int


class LoadProgress(Struct, frozen=True, kw_only=True):
    """A model is being loaded, by itself and not for a picture; `part` of it is there, from 0 to 1."""

    worker: str
    preset_id: str
    part: float
    over: bool


class ModelsChanged(Struct, frozen=True, kw_only=True):
    """The list of model files is another, or more is known of them. `unknown` were not looked into yet."""

    files: int
    unknown: int


Notice = WorkProgress | PreviewFrame | Alert | ShadowProgress | LoadProgress | ModelsChanged
