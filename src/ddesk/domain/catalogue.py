"""The models that the desk knows of, whether or not this machine has them."""

from typing import Literal

from msgspec import Struct

FileState = Literal["whole", "missing", "damaged", "unchecked"]
"""`unchecked`: there in full size, and not read to its end yet."""


class CatalogueEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shape of each entry of `defaults/catalogue.toml`, which explains the values."""

    name: str
    notes: str
    brought: tuple[str, ...]
    licence: str
    licence_text: str
    authors: str
    source: str
    family: str = ""


def file_state(expected: tuple[int, str], size: int | None, sha256: str | None) -> FileState:
    """Of a file that should have that size and hash; None for what isn't there, or isn't known yet."""
    if size is None:
        return "missing"
    if size != expected[0]:
        return "damaged"
    if sha256 is None:
        return "unchecked"
    return "whole" if sha256 == expected[1] else "damaged"
