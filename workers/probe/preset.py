"""Whether the files of a preset are whole, and make a model together."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from workers.probe import files
from workers.probe.catalogue import Family, catalogue
from workers.probe.header import BadFile, Header
from workers.probe.recognise import Recognised, recognise
from workers.probe.shapes import Fit, Shape, fit


class Problem(Struct, frozen=True):
    """`part` is the place in the preset that it is about; `words` are for people."""

    code: str
    part: str
    words: str


class Component(Struct, frozen=True):
    """A file that was recognised."""

    part: str
    name: str
    recognised: Recognised
    fit: Fit


def problems(paths: Mapping[str, str]) -> list[Problem]:
    """What keeps these files, by part, from making pictures; nothing where they can."""
    found: list[Problem] = []
    components: list[Component] = []
    for part, path in paths.items():
        looked = _look(part, Path(path))
        if isinstance(looked, Problem):
            found.append(looked)
        else:
            components.append(looked)
            found.extend(_of_component(looked))
    return found or list(_of_whole(components))


def fit_problems(part: str, name: str, title: str, fit: Fit) -> Iterator[Problem]:
    """In words, what `shapes.fit` found."""
    if fit.missing:
        words = f"{name} lacks {len(fit.missing)} of the tensors that a {title} has, first {fit.missing[0]}."
        yield Problem("missing_tensor", part, words)
    if fit.wrong:
        tensor, is_, should = fit.wrong[0]
        others = f", and {len(fit.wrong) - 1} more are wrong" if len(fit.wrong) > 1 else ""
        words = f"In {name}, {tensor} is {_by(is_)} and should be {_by(should)}{others}: it is damaged, or no {title}."
        yield Problem("wrong_shape", part, words)


def _look(part: str, path: Path) -> Component | Problem:
    if part not in catalogue().parts:
        return Problem("unknown_part", part, f"A preset has no part “{part}”.")
    try:
        header = files.read(path)
    except BadFile as bad:
        return Problem(bad.code, part, bad.words)
    if header.format == "checkpoint":
        return _unverifiable(part, path)
    recognised = recognise(header)
    if recognised is None:
        return _unknown(part, path, header)
    return Component(part, path.name, recognised, fit(recognised.kind, recognised.tensors))


def _unverifiable(part: str, path: Path) -> Problem:
    words = f"{path.name} is a pickle, which can't be looked into safely: use a safetensors file of the model."
    return Problem("unverifiable", part, words)


def _unknown(part: str, path: Path, header: Header) -> Problem:
    words = f"{path.name} holds {len(header.tensors)} tensors of no model that this desk knows."
    return Problem("unknown_model", part, words)


def _of_component(component: Component) -> Iterator[Problem]:
    recognised = component.recognised
    title = recognised.kind.title
    if component.part not in recognised.parts:
        wanted = catalogue().parts[component.part]
        whole = "full model, " if recognised.parts == ("model",) else ""
        words = f"{component.name} stands where the preset wants a {wanted}, and is: {whole}{title}."
        yield Problem("wrong_part", component.part, words)
    else:
        yield from fit_problems(component.part, component.name, title, component.fit)


def _of_whole(components: list[Component]) -> Iterator[Problem]:
    heads = [each for each in components if each.part in ("model", "diffusion")]
    if not heads:
        yield Problem("missing_part", "diffusion", "The preset names no diffusion model.")
        return
    head = heads[0].recognised
    family = catalogue().families[head.kind.family]
    have = {each.part for each in components} | set(head.holds)
    for group in family.needs:
        if not have & set(group):
            titles = " or ".join(catalogue().parts[part] for part in group)
            yield Problem("missing_part", group[0], f"For {family.title} the preset lacks a file: {titles}.")
    yield from _latents(family, components)


def _latents(family: Family, components: list[Component]) -> Iterator[Problem]:
    for each in components:
        channels = each.fit.sizes.get("latents")
        if family.latents and channels and channels != family.latents:
            words = f"{each.name} is for another family: {channels} latent channels instead of {family.latents}."
            yield Problem("mismatch", each.part, words)


def _by(shape: Shape) -> str:
    return " × ".join(map(str, shape))
