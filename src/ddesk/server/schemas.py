"""What all of the API has in common. Times are ISO 8601 in UTC."""

from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Struct

Item = TypeVar("Item")
Text = Annotated[str, Meta(max_length=20_000)]
Id = Annotated[str, Meta(pattern="^[A-Za-z0-9-]{1,36}$")]


class Page(Struct, Generic[Item], frozen=True):
    """One page of a list. `next` is the cursor of the following page, or null on the last."""

    items: list[Item]
    next: str | None


class Problem(Struct, frozen=True, kw_only=True):
    """An RFC 9457 problem document. `code` is stable; `title` and `detail` are for people; `advice` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    advice: str
    request_id: str
    facts: dict[str, Any] = {}


class Forgotten(Struct, frozen=True, kw_only=True):
    """So many events lost their private parts. `backups` are the copies of the log that still hold them."""

    events: int = 0
    backups: list[str] = []
