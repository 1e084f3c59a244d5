"""What routes are given besides their own parameters."""

import base64
import re
from typing import Annotated, Any

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.types import OperationIDCreator

from ddesk.app.desk import Desk
from ddesk.app.reading import Reading
from ddesk.app.shadows import SECONDS_TO_BUILD
from ddesk.errors import Invalid
from ddesk.events.envelope import Origin
from ddesk.events.ids import new_id

MAX_POSITION = (1 << 63) - 1
"""The largest number that SQLite holds."""

_KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}")

TheDesk = NamedDependency[Desk]
TheOrigin = NamedDependency[Origin]
TheReading = NamedDependency[Any]
"""A Reading: the desk as it is or, below `/api/as-of/{position}`, as it was."""
Limit = Annotated[int, QueryParameter(ge=1, le=500, description="How many at most.")]
Cursor = Annotated[str | None, QueryParameter(description="`next` of the page before.")]


def provide_desk(state: State) -> Desk:
    desk = state.desk
    assert isinstance(desk, Desk)
    return desk


def provide_now(state: State) -> Reading:
    return provide_desk(state)


async def provide_as_of(state: State, position: FromPath[int]) -> Reading:
    return await provide_desk(state).as_of(position, SECONDS_TO_BUILD)


def both(name: str) -> OperationIDCreator:
    """The name of a query, and that of the same query as of a position."""
    return lambda _handler, _method, path: f"{name}AsOf" if "as-of" in path else name


def provide_origin(request: Request[Any, Any, Any]) -> Origin:
    """A client's `Idempotency-Key` names the command, apart from the desk's own: sent twice, it is done once."""
    about = request.scope["state"]
    return Origin(
        command_id=_key(request.headers.get("idempotency-key")) or new_id(),
        correlation_id=about["request_id"],
        actor=about["actor"],
    )


def _key(given: str | None) -> str | None:
    if given and not _KEY.fullmatch(given):
        raise Invalid(
            "bad_idempotency_key",
            "An Idempotency-Key has at most 128 letters, digits and the signs . _ : -",
            "Draw a UUID for each command.",
        )
    return given and f"key:{given}"


def cursor_of(key: int) -> str:
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def key_of(cursor: str | None) -> int | None:
    """Raises Invalid for what is no cursor of ours."""
    if cursor is None:
        return None
    try:
        key = int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as wrong:
        raise Invalid("bad_cursor", "That cursor is none that this desk gave.", "Start from the first page.") from wrong
    if not 0 < key <= MAX_POSITION:
        raise Invalid("bad_cursor", "That cursor is none that this desk gave.", "Start from the first page.")
    return key
