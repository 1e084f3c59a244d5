"""CLIP's tokens of a prompt, as the engine makes them: byte pair encoding with the merges that its library carries."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise

from workers.image import library

START, END = 49406, 49407
"""The tokens around every prompt."""

MOST = 77
"""Tokens of one prompt, with those around it."""

TOKENS = 49408
"""How many there are."""

_WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[a-z]+|[0-9]|[^\sa-z0-9]+")
_MERGES_BEGIN, _MERGES_END = b"#version: 0.2\ni n\nt h\n", b"\n\0"
_END_OF_WORD = "</w>"
_PRINTABLE = (range(33, 127), range(161, 173), range(174, 256))


def encode(words: str) -> list[int]:
    """The prompt's tokens, from START to END; what is too long is cut off. Knows ASCII letters as letters alone."""
    found = [token for word in _WORDS.findall(_lower(words)) for token in _word(word)]
    return [START, *found[: MOST - 2], END]


def pieces(words: str) -> list[str]:
    """The same as the engine's log spells them, without START and END."""
    return [_names()[token] for token in encode(words)[1:-1]]


def _lower(words: str) -> str:
    """Of ASCII's letters alone, as the engine does."""
    return words.encode().lower().decode()


@cache
def _word(word: str) -> Sequence[int]:
    parts = [_letters()[byte] for byte in word.encode()]
    parts[-1] += _END_OF_WORD
    while (found := _next_merge(parts)) is not None:
        parts = list(_merged(parts, found))
    return [_tokens()[part] for part in parts]


def _next_merge(parts: Sequence[str]) -> tuple[str, str] | None:
    """The pair of neighbours that was merged first when the tokens were made."""
    known = [pair for pair in pairwise(parts) if pair in _ranks()]
    return min(known, key=_ranks().__getitem__, default=None)


def _merged(parts: Sequence[str], pair: tuple[str, str]) -> Iterator[str]:
    at = 0
    while at < len(parts):
        both = tuple(parts[at : at + 2]) == pair
        yield "".join(pair) if both else parts[at]
        at += 2 if both else 1


@cache
def _ranks() -> Mapping[tuple[str, str], int]:
    content = library.path().read_bytes()
    begin = content.index(_MERGES_BEGIN)
    lines = content[begin : content.index(_MERGES_END, begin)].decode().split("\n")[1:]
    return {(first, second): rank for rank, (first, second) in enumerate(line.split(" ") for line in lines)}


@cache
def _names() -> Sequence[str]:
    letters = sorted(_letters().values(), key=lambda letter: (ord(letter) >= 256, ord(letter)))
    merged = [first + second for first, second in _ranks()]
    return [*letters, *(letter + _END_OF_WORD for letter in letters), *merged, "<|startoftext|>", "<|endoftext|>"]


@cache
def _tokens() -> Mapping[str, int]:
    return {name: token for token, name in enumerate(_names())}


@cache
def _letters() -> Mapping[int, str]:
    """A printable character for each byte: the others are moved beyond the first 256."""
    printable = {byte for span in _PRINTABLE for byte in span}
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + at) for at, byte in enumerate(others)}
