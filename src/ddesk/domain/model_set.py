"""Whether files make a model together, and which others would: told from what is known of them, before any load."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from ddesk.domain.families import Families, Family
from ddesk.domain.memory import Component
from ddesk.domain.model_file import Description

HEADS = ("model", "diffusion")
"""The parts of which a set has one: it decides the family."""

_COMPONENTS: Mapping[str, Component] = {
    "diffusion": "diffusion",
    "vae": "vae",
    "taesd": "vae",
    "clip_l": "text_encoders",
    "clip_g": "text_encoders",
    "t5xxl": "text_encoders",
    "llm": "text_encoders",
}


class Candidate(Struct, frozen=True):
    """A file that could take part: its name, what is known of it, and an id for whoever asks."""

    name: str
    about: Description
    id: str = ""


class Problem(Struct, frozen=True):
    """What keeps a set from making pictures. `code` is stable, `words` are for people; `part` is what it is about."""

    code: str
    part: str
    words: str


def problems(files: Mapping[str, Candidate], table: Families) -> list[Problem]:
    """Nothing where these files, by part, make a model. What is wrong with a file itself comes before the rest."""
    return list(_of_files(files, table)) or list(_of_whole(files, table))


def family(files: Mapping[str, Candidate]) -> str:
    """The id of the diffusion model's; empty where there is no such file."""
    head = head_of(files)
    return files[head].about.family if head else ""


def partners(
    files: Mapping[str, Candidate], offered: Iterable[Candidate], table: Families
) -> dict[str, tuple[Candidate, ...]]:
    """For each part that the set still lacks, the files that would do, the most likely first.

    Where a group of parts can be filled in several ways, all are there.
    """
    head, kin = head_of(files), table.families.get(family(files))
    if head is None or kin is None:
        return {}
    have = _had(files)
    wanted = [part for group in kin.needs if not have & set(group) for part in group]
    found = {part: _fitting(part, files[head], kin, offered) for part in wanted}
    return {part: candidates for part, candidates in found.items() if candidates}


def proposed(
    files: Mapping[str, Candidate], found: Mapping[str, Sequence[Candidate]], table: Families
) -> dict[str, Candidate]:
    """Of these partners those to take: all text encoders that the family can have, and one autoencoder."""
    kin = table.families.get(family(files))
    chosen: dict[str, Candidate] = {}
    for group in kin.needs if kin else ():
        available = [part for part in group if found.get(part)]
        together = _COMPONENTS[group[0]] == "text_encoders"
        chosen |= {part: found[part][0] for part in (available if together else available[:1])}
    return chosen


def head_of(parts: Container[str]) -> str | None:
    """The one of these that decides the family; None where there is none."""
    return next((part for part in HEADS if part in parts), None)


def weights(files: Mapping[str, Description]) -> dict[Component, int]:
    """Bytes by component, of the files by part. A file of its own takes the place of what a full model has within."""
    head = files.get("model")
    found: dict[Component, int] = dict(head.weights) if head else {}
    for component in sorted({_COMPONENTS[part] for part in files if part in _COMPONENTS}):
        own = [each for part, each in files.items() if _COMPONENTS.get(part) == component]
        found[component] = sum(each.weights.get(component, 0) for each in own)
    return found


def _had(files: Mapping[str, Candidate]) -> set[str]:
    head = head_of(files)
    return set(files) | (set(files[head].about.holds) if head else set())


def _of_files(files: Mapping[str, Candidate], table: Families) -> Iterator[Problem]:
    for part, file in files.items():
        about = file.about
        if part not in table.parts:
            yield Problem("unknown_part", part, f"A preset has no part “{part}”.")
        elif about.problems:
            yield from (Problem(each.code, part, each.words) for each in about.problems)
        elif part not in about.parts:
            whole = "full model, " if about.parts == ("model",) else ""
            words = f"{file.name} stands where the preset wants a {table.parts[part]}, and is: {whole}{about.title}."
            yield Problem("wrong_part", part, words)


def _of_whole(files: Mapping[str, Candidate], table: Families) -> Iterator[Problem]:
    head, kin = head_of(files), table.families.get(family(files))
    if head is None or kin is None:
        yield Problem("missing_part", "diffusion", "The preset names no diffusion model.")
        return
    if head not in kin.forms:
        wanted = table.titled(kin.forms)
        words = f"{files[head].name} is the {table.parts[head]} of {kin.title} alone: that family comes as a {wanted}."
        yield Problem("wrong_form", head, words)
    yield from _lacking(files, kin, table)
    for part, file in files.items():
        if part not in HEADS and not _fits(part, file.about, kin):
            yield Problem("mismatch", part, _mismatch(part, file, kin, table))


def _lacking(files: Mapping[str, Candidate], kin: Family, table: Families) -> Iterator[Problem]:
    have = _had(files)
    for group in kin.needs:
        if not have & set(group):
            words = f"For {kin.title} the preset lacks a file: {table.titled(group)}."
            yield Problem("missing_part", group[0], words)


def _fits(part: str, about: Description, kin: Family) -> bool:
    if part not in kin.accepts:
        return False
    if part == "vae" and about.kind not in kin.autoencoders:
        return False
    return not about.latents or about.latents == kin.latents


def _mismatch(part: str, file: Candidate, kin: Family, table: Families) -> str:
    if part not in kin.accepts:
        return f"{kin.title} has no use for {file.name}: it takes no {table.parts[part]}."
    if file.about.latents and file.about.latents != kin.latents:
        channels = f"{file.about.latents} latent channels instead of {kin.latents}"
        return f"{file.name} is for another family: {channels}."
    return f"{file.name} is for another family: it is a {file.about.title}."


def _fitting(part: str, head: Candidate, kin: Family, offered: Iterable[Candidate]) -> tuple[Candidate, ...]:
    fitting = [each for each in offered if each.about.ok and part in each.about.parts and _fits(part, each.about, kin)]
    return tuple(sorted(fitting, key=lambda each: (*_strangeness(part, each, head, kin), each.name)))


def _strangeness(part: str, each: Candidate, head: Candidate, kin: Family) -> tuple[int, int, int, int]:
    """What would surprise least comes first.

    The language model that the family was trained with; a name that shares most with the diffusion model's; the
    same quantisation; no pickle.
    """
    named = f"{each.name} {each.about.metadata.get('base', '')} {each.about.metadata.get('name', '')}".casefold()
    trained = part != "llm" or any(name in named for name in kin.trained_with)
    shared = _words(f"{head.name} {kin.title}") & _words(each.name)
    other = each.about.quantisation != head.about.quantisation
    return (not trained, -len(shared), other, each.about.pickle)


def _words(name: str) -> set[str]:
    """`flux1-dev.safetensors` is flux, 1 and dev."""
    stem = name.rpartition("/")[2].rpartition(".")[0] or name
    return set(re.findall(r"[a-z]+|\d+", stem.casefold())) - _EVERYWHERE


_EVERYWHERE: frozenset[str] = frozenset(("safetensors", "gguf", "fp", "bf", "model", "the", "q", "k"))
