"""Whether a file's tensors are all there, and fit together."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product

from msgspec import Struct

from workers.probe.catalogue import Dimension, Kind, Shapes
from workers.probe.header import Tensor

Shape = tuple[int, ...]


class Fit(Struct, frozen=True):
    """`missing` are names; `wrong` are (name, shape, right shape); `sizes` is what each word stands for."""

    missing: tuple[str, ...]
    wrong: tuple[tuple[str, Shape, Shape], ...]
    sizes: Mapping[str, int]


def fit(kind: Kind, tensors: Mapping[str, Tensor]) -> Fit:
    expected = dict(_expected(kind, tensors))
    present = {name: dimensions for name, dimensions in expected.items() if name in tensors}
    sizes = _sizes(present, tensors)
    missing = tuple(name for name in expected if name not in tensors)
    found = ((name, tensors[name].shape, _shape(dimensions, sizes)) for name, dimensions in present.items())
    return Fit(missing, tuple(each for each in found if _significant(each[1]) != _significant(each[2])), sizes)


def _expected(kind: Kind, tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, tuple[Dimension, ...]]]:
    optional = dict(_weights_and_biases(kind.optional))
    if not optional.keys() & tensors.keys():
        optional = {}
    for pattern, dimensions in [*_weights_and_biases(kind.layers), *kind.tensors.items(), *optional.items()]:
        for name in _alternatives(pattern):
            for numbered in _numbered(name, kind.repeats, tensors):
                yield numbered, dimensions


def _weights_and_biases(layers: Shapes) -> Iterator[tuple[str, tuple[Dimension, ...]]]:
    for name, dimensions in layers.items():
        yield f"{name}.weight", dimensions
        yield f"{name}.bias", dimensions[:1]


def _alternatives(pattern: str) -> Iterator[str]:
    """`a{1,2}b{3,4}` is a1b3, a1b4, a2b3, a2b4."""
    pieces = re.split(r"\{([^}]*)\}", pattern)
    choices = [piece.split(",") if index % 2 else [piece] for index, piece in enumerate(pieces)]
    return map("".join, product(*choices))


def _numbered(name: str, repeats: int | None, tensors: Mapping[str, Tensor]) -> Iterator[str]:
    before, star, after = name.partition("*")
    if not star:
        yield name
        return
    for number in range(repeats or _blocks(before, tensors)):
        yield f"{before}{number}{after}"


def _blocks(before: str, tensors: Mapping[str, Tensor]) -> int:
    """How many numbers follow `before` among the names: one more than the highest, and no more than there are names."""
    after = (name.removeprefix(before).partition(".")[0] for name in tensors if name.startswith(before))
    highest = max((int(number[:9]) for number in after if number.isdecimal()), default=-1)
    return min(1 + highest, len(tensors))


def _sizes(present: Mapping[str, tuple[Dimension, ...]], tensors: Mapping[str, Tensor]) -> dict[str, int]:
    """What most tensors say that each word stands for, so that one wrong tensor doesn't make all others wrong."""
    votes: dict[str, Counter[int]] = {}
    for name, dimensions in present.items():
        for dimension, length in zip(dimensions, tensors[name].shape, strict=False):
            factor, word = _parts(dimension)
            if word and length % factor == 0:
                votes.setdefault(word, Counter())[length // factor] += 1
    return {word: counter.most_common(1)[0][0] for word, counter in votes.items()}


def _shape(dimensions: tuple[Dimension, ...], sizes: Mapping[str, int]) -> Shape:
    return tuple(factor * sizes.get(word, 1) for factor, word in map(_parts, dimensions))


def _parts(dimension: Dimension) -> tuple[int, str]:
    if isinstance(dimension, int):
        return dimension, ""
    factor, star, word = dimension.rpartition("*")
    return (int(factor), word) if star else (1, word)


def _significant(shape: Shape) -> Shape:
    return tuple(length for length in shape if length != 1)
