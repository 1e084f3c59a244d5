"""What one model file is."""

from collections import Counter
from math import prod
from pathlib import Path

from msgspec import Struct

from workers.probe import files
from workers.probe.header import BadFile, Header
from workers.probe.preset import Problem, fit_problems
from workers.probe.recognise import recognise
from workers.probe.shapes import fit


class Described(Struct, kw_only=True):
    """`size` and the values of `dtypes` are in bytes; `parts` are the places in a preset that it could take.

    `holds` are the other parts that a full model has within. What couldn't be found out is empty or 0.
    """

    path: str
    ok: bool = True
    format: str = ""
    kind: str = ""
    title: str = ""
    family: str = ""
    parts: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    size: int = 0
    tensors: int = 0
    parameters: int = 0
    dtypes: dict[str, int] = {}
    problems: list[Problem] = []


def describe(path: Path) -> Described:
    try:
        header = files.read(path)
    except BadFile as bad:
        return Described(path=str(path), ok=False, problems=[Problem(bad.code, "", bad.words)])
    described = _from_header(path, header)
    recognised = recognise(header)
    if recognised:
        kind = recognised.kind
        described.kind, described.title, described.family = kind.id, kind.title, kind.family
        described.parts, described.holds = recognised.parts, recognised.holds
        described.problems = list(fit_problems("", path.name, kind.title, fit(kind, recognised.tensors)))
        described.ok = not described.problems
    return described


def _from_header(path: Path, header: Header) -> Described:
    dtypes: Counter[str] = Counter()
    for tensor in header.tensors.values():
        dtypes[tensor.dtype] += tensor.size
    return Described(
        path=str(path),
        format=header.format,
        size=header.size,
        tensors=len(header.tensors),
        parameters=sum(prod(tensor.shape) for tensor in header.tensors.values()),
        dtypes=dict(dtypes),
    )
