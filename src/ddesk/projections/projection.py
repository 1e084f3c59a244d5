"""What a read model is: a name, a version, its tables, and how one event changes them."""

import hashlib
from collections.abc import Sequence
from typing import Protocol

import apsw
from msgspec import Struct

from ddesk.events.envelope import Recorded


class Projection(Protocol):
    """`apply` changes nothing but its own tables and depends on nothing but events, so that it can be done over.

    A change of `schema` or of what `apply` does is a new `version`, which makes every read model be built anew.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int: ...

    @property
    def schema(self) -> Sequence[str]:
        """Its tables and indexes, one statement each."""

    def apply(self, db: apsw.Connection, recorded: Recorded) -> None: ...


class Progress(Struct, frozen=True, kw_only=True):
    """How far a projection has come. `stalled` says what went wrong at the event after `position`."""

    name: str
    version: int
    position: int
    stalled: str | None


def fingerprint(projections: Sequence[Projection]) -> str:
    """Names the read file that these projections write: other code, another file."""
    parts = [f"{each.name} {each.version} {' '.join(each.schema)}" for each in projections]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
