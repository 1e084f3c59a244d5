"""Takes out of a text what is nobody else's business: a person's own words, secrets, and where their home is."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

SHORTEST = 8
"""Characters. What is shorter would be found by chance in the midst of other words."""

_LONGEST = 40
"""Longer words are looked for in pieces, as a log cuts its lines off."""


class Redactor:
    def __init__(self, home: Path, secrets: Iterable[str] = (), words: Iterable[str] = ()) -> None:
        found = {form: "[private]" for text in words for piece in _pieces(text) for form in _forms(piece)}
        found |= {form: "[secret]" for text in secrets for piece in _pieces(text) for form in _forms(piece)}
        found |= {form: "~" for place in _spellings(home) for form in _forms(place)}
        self._found = sorted(found.items(), key=lambda each: len(each[0]), reverse=True)

    def clean(self, text: str) -> str:
        for private, stand_in in self._found:
            text = text.replace(private, stand_in)
        return text


def _pieces(text: str) -> Iterator[str]:
    """Its lines, since a log writes each apart, and these in lengths that are found even where an end is missing."""
    for line in map(str.strip, text.splitlines()):
        pieces = (line[start : start + _LONGEST] for start in range(0, len(line), _LONGEST))
        yield from (piece for piece in pieces if len(piece) >= SHORTEST)


def _forms(piece: str) -> set[str]:
    """As it is, and as Python and JSON quote it."""
    return {piece, repr(piece)[1:-1], json.dumps(piece)[1:-1], json.dumps(piece, ensure_ascii=False)[1:-1]}


def _spellings(home: Path) -> set[str]:
    """None for a program that lives at the root."""
    return {form for place in (home, home.resolve()) if place.name for form in (str(place), place.as_posix())}
