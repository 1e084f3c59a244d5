"""Facts in words, as a person might ask for them."""

from collections.abc import Iterator

import numpy as np

from build.starter.image.world import Facts, pick, world

MOST_WORDS = 18
"""Of a prompt that is learned from."""


def prompt(facts: Facts, rng: np.random.Generator) -> str:
    """One of the many ways to ask for just that."""
    about = world()
    head = " ".join(_head(facts, rng))
    if rng.random() < about.shares["article"]:
        head = f"{'an' if head[0] in 'aeiou' else 'a'} {head}"
    if rng.random() < about.shares["opening"]:
        head = f"{pick(rng, about.phrases['opening'])} {head}"
    places = list(_places(facts, rng))
    rng.shuffle(places)
    comma = pick(rng, [" ", " ", ", "])
    return comma.join([head, *places])


def with_filler(words: str, rng: np.random.Generator) -> str:
    """The same with words in between that change nothing."""
    about, said = world(), words.split(" ")
    while len(said) < MOST_WORDS and rng.random() < about.shares["filler"]:
        said.insert(int(rng.integers(len(said) + 1)), pick(rng, about.phrases["filler"]))
    return " ".join(said)


def vocabulary() -> frozenset[str]:
    """Every word that a prompt can hold."""
    about = world()
    lists = [about.subjects, about.scenes, about.sizes, about.sides, about.phrases]
    phrases = [phrase for table in lists for phrases in table.values() for phrase in phrases]
    return frozenset(word for phrase in [*phrases, *about.colours, "a", "an", ","] for word in phrase.split()) - {"{}"}


def _head(facts: Facts, rng: np.random.Generator) -> Iterator[str]:
    about = world()
    if facts.size:
        yield pick(rng, about.sizes[facts.size])
    if facts.colour_asked_for:
        yield facts.colour
    yield pick(rng, about.subjects[facts.subject])


def _places(facts: Facts, rng: np.random.Generator) -> Iterator[str]:
    about = world()
    if facts.side:
        yield pick(rng, about.sides[facts.side])
    if facts.background in about.colours:
        yield pick(rng, about.phrases["coloured_background"]).format(facts.background)
    elif facts.background in about.scenes:
        yield pick(rng, about.scenes[facts.background])
