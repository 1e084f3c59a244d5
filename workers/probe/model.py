"""What one model file is."""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path

from msgspec import Struct

from workers.probe import files
from workers.probe.catalogue import catalogue
from workers.probe.header import BadFile, Header, Value
from workers.probe.recognise import Recognised, recognise
from workers.probe.shapes import Fit, Shape, fit
from workers.probe.weights import weights

MAX_SAID = 500
"""Characters of each thing that a file says of itself."""


class Problem(Struct, frozen=True):
    """Why a file can't be used; `words` are for people."""

    code: str
    words: str


class Language(Struct, frozen=True, kw_only=True):
    """What a language model's file says of its attention; `context` is what it was trained with, in tokens.

    `embedding` is the length of its tokens' vectors, `vocabulary` how many tokens there are, 0 where that is unknown.
    """

    architecture: str
    context: int
    layers: int
    kv_heads: int
    key_length: int
    value_length: int
    embedding: int = 0
    vocabulary: int = 0


class Described(Struct, kw_only=True):
    """`size` and the values of `dtypes` are in bytes; so are those of `weights`, which are what the engines keep.

    `parts` are the places in a preset that it could take, `holds` the other parts that a full model has within,
    `latents` the channels between diffusion model and autoencoder. `ok`: it can be used. `pickle`: it is one, which
    was not unpickled. `projections` are the lengths of vectors that a picture projector maps from and to. `metadata`
    is what it says of itself. What couldn't be found out is empty or 0.
    """

    path: str
    ok: bool = True
    format: str = ""
    kind: str = ""
    title: str = ""
    family: str = ""
    parts: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    latents: int = 0
    size: int = 0
    tensors: int = 0
    parameters: int = 0
    quantisation: str = ""
    dtypes: dict[str, int] = {}
    weights: dict[str, int] = {}
    pickle: bool = False
    language: Language | None = None
    projections: tuple[int, ...] = ()
    metadata: dict[str, str] = {}
    problems: list[Problem] = []


def describe(path: Path) -> Described:
    try:
        header = files.read(path)
    except BadFile as bad:
        return Described(path=str(path), ok=False, problems=[Problem(bad.code, bad.words)])
    described = _from_header(path, header)
    recognised = recognise(header)
    if recognised:
        _add_kind(described, header, recognised)
    described.problems = list(_problems(path, header, recognised))
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
        quantisation=_as_engines_write_it(max(dtypes, key=lambda each: dtypes[each], default="")),
        dtypes=dict(dtypes),
        pickle=header.format == "checkpoint",
        metadata=dict(_said(header.metadata)),
    )


def _add_kind(described: Described, header: Header, recognised: Recognised) -> None:
    kind = recognised.kind
    described.kind, described.title, described.family = kind.id, kind.title, kind.family
    described.parts, described.holds = recognised.parts, recognised.holds
    described.latents = fit(kind, recognised.tensors).sizes.get("latents", 0)
    described.weights = weights(recognised, header.tensors)
    if "llm" in recognised.parts:
        described.language = _language(header)
    if "mmproj" in recognised.parts:
        described.projections = _projections(header)


def _as_engines_write_it(dtype: str) -> str:
    """`Q4_K` is `q4_K` to them, and `F16` is `f16`."""
    return dtype.lower().replace("_k", "_K")


def _problems(path: Path, header: Header, recognised: Recognised | None) -> Iterator[Problem]:
    if foreign := [each for each in header.imports if each not in catalogue().harmless]:
        words = f"{path.name} is a pickle that would load {', '.join(foreign[:3])}: look for a safetensors file of it."
        yield Problem("unsafe_pickle", words)
    elif header.format == "checkpoint" and not header.tensors:
        words = f"{path.name} is a pickle, which can't be looked into safely: use a safetensors file of the model."
        yield Problem("unverifiable", words)
    elif recognised is None:
        words = f"{path.name} holds {len(header.tensors)} tensors of no model that this desk knows."
        yield Problem("unknown_model", words)
    else:
        kind = recognised.kind
        yield from _fit_problems(path.name, kind.title, fit(kind, recognised.tensors))


def _fit_problems(name: str, title: str, fit: Fit) -> Iterator[Problem]:
    if fit.missing:
        words = f"{name} lacks {len(fit.missing)} of the tensors that a {title} has, first {fit.missing[0]}."
        yield Problem("missing_tensor", words)
    if fit.wrong:
        tensor, is_, should = fit.wrong[0]
        others = f", and {len(fit.wrong) - 1} more are wrong" if len(fit.wrong) > 1 else ""
        words = f"In {name}, {tensor} is {_by(is_)} and should be {_by(should)}{others}: it is damaged, or no {title}."
        yield Problem("wrong_shape", words)


def _by(shape: Shape) -> str:
    return " × ".join(map(str, shape))


def _said(metadata: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """Under the catalogue's names, without what no line of text holds."""
    for name, keys in catalogue().metadata.items():
        said = next((value for key in keys if isinstance(value := metadata.get(key), str)), "")
        text = "".join(each for each in said[:MAX_SAID] if each.isprintable()).strip()
        if text and text != "None":
            yield name, text


def _language(header: Header) -> Language | None:
    """None where it isn't all there. Key and value lengths that aren't given are the attention's, shared out."""
    metadata, words = header.metadata, header.tensors.get("token_embd.weight")
    architecture = metadata.get("general.architecture")

    def number(name: str, default: int = 0) -> int:
        value = metadata.get(f"{architecture}.{name}", default)
        largest = max(value, default=0) if isinstance(value, tuple) else value
        return largest if isinstance(largest, int) else 0

    heads = number("attention.head_count")
    embedding = number("embedding_length")
    length = embedding // heads if heads > 0 else 0
    found = Language(
        architecture=str(architecture),
        context=number("context_length"),
        layers=number("block_count"),
        kv_heads=number("attention.head_count_kv", heads),
        key_length=number("attention.key_length", length),
        value_length=number("attention.value_length", length),
        embedding=embedding,
        vocabulary=words.shape[0] if words else 0,
    )
    known = (found.context, found.layers, found.kv_heads, found.key_length, found.value_length)
    return found if all(0 < each < _ABSURD for each in known) else None


def _projections(header: Header) -> tuple[int, ...]:
    """Which of a matrix's sides is the language model's differs from one projector to the next: all are named."""
    sides = {side for name, tensor in header.tensors.items() if name.startswith("mm.") for side in tensor.shape[-2:]}
    return tuple(sorted(sides))


_ABSURD = 1 << 31
