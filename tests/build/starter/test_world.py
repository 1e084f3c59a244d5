"""The starter's world: what a prompt says is what the picture shows."""

import os
import re
from importlib.util import find_spec
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL import ImageStat

from build.starter.image import renders
from build.starter.image.prompts import prompt, vocabulary, with_filler
from build.starter.image.world import PLAIN, USUAL, Facts, held_out, is_held_out, sample, world
from build.web import ROOT

pytestmark = pytest.mark.quick
seeds = st.integers(0, 2**32).map(np.random.default_rng)


def read(words: str) -> Facts:
    """The facts of a prompt, as a reader with the world's word lists finds them."""
    about = world()
    background = PLAIN
    phrases = [(scene, phrase) for scene, phrases in about.scenes.items() for phrase in phrases]
    templates = about.phrases["coloured_background"]
    phrases += [(colour, template.format(colour)) for colour, template in product(about.colours, templates)]
    for name, phrase in sorted(phrases, key=lambda each: -len(each[1])):
        if phrase in words:
            background, words = name, words.replace(phrase, "")
            break
    said = words.replace(",", " ").split()
    size = next((name for name, called in about.sizes.items() if set(called) & set(said)), USUAL)
    side = next((name for name in about.sides if name in said), USUAL)
    colour = next((name for name in about.colours if name in said), None)
    asked_for = colour is not None
    (subject,) = (name for name, called in about.subjects.items() if set(called) & set(said))
    return Facts(subject, colour or "any", background, size, side, asked_for)


@given(seeds)
def test_a_prompt_says_the_facts_and_nothing_else(rng: np.random.Generator) -> None:
    facts = sample(rng)
    expected = facts if facts.colour_asked_for else replace(facts, colour="any")
    assert read(prompt(facts, rng)) == expected


@given(seeds)
def test_fillers_change_nothing_of_what_was_said(rng: np.random.Generator) -> None:
    facts = sample(rng)
    words = prompt(facts, rng)
    longer = with_filler(words, rng).split()
    fillers = set(world().phrases["filler"])
    assert [word for word in longer if word not in fillers] == [word for word in words.split() if word not in fillers]


@given(seeds)
def test_every_word_is_known(rng: np.random.Generator) -> None:
    words = with_filler(prompt(sample(rng), rng), rng)
    assert {word.strip(",") for word in words.split()} <= vocabulary()


@given(seeds)
def test_what_is_held_out_is_never_learned_from(rng: np.random.Generator) -> None:
    assert is_held_out(held_out(rng))
    assert not is_held_out(sample(rng))


def test_about_a_twentieth_is_held_out() -> None:
    about = world()
    everything = [Facts(*each) for each in product(about.subjects, about.colours, about.backgrounds)]
    assert 0.03 < np.mean([is_held_out(facts) for facts in everything]) < 0.07


@given(seeds)
def test_a_subject_never_has_the_colour_of_its_background(rng: np.random.Generator) -> None:
    facts = sample(rng)
    assert facts.colour != facts.background


def test_every_subject_on_every_background_makes_a_picture_of_its_own() -> None:
    about = world()
    colours = {background: "red" if background != "red" else "blue" for background in about.backgrounds}
    drawn = {
        renders.render(Facts(subject, colours[background], background), 64, np.random.default_rng(0)).tobytes()
        for subject, background in product(about.subjects, about.backgrounds)
    }
    assert len(drawn) == len(about.subjects) * len(about.backgrounds)


@pytest.mark.parametrize("side", [64, 128, 256])
def test_a_picture_has_the_size_that_was_asked_for_and_the_same_seed_draws_it_again(side: int) -> None:
    first, again, other = (
        renders.render(Facts("robot", "blue", "night"), side, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first.size == (side, side)
    assert first.tobytes() == again.tobytes() != other.tobytes()


@pytest.mark.parametrize("colour", world().colours)
def test_a_square_has_its_colour_and_so_has_its_background(colour: str) -> None:
    behind = "white" if colour != "white" else "black"
    picture = renders.render(Facts("square", colour, behind), 128, np.random.default_rng(3))
    for place, name in (((54, 54, 74, 74), colour), ((0, 54, 16, 74), behind)):
        assert ImageStat.Stat(picture.crop(place)).mean == pytest.approx(world().colours[name], abs=26)


@pytest.mark.parametrize("size", ["small", USUAL, "big"])
def test_a_subject_stands_on_its_side_in_its_size(size: str) -> None:
    def black(side: str) -> tuple[float, float]:
        """The share of the picture that is black, and where its middle lies."""
        picture = renders.render(Facts("square", "black", "white", size, side), 128, np.random.default_rng(4))
        dark = np.asarray(picture.convert("L")) < 90
        return float(dark.mean()), float(np.nonzero(dark)[1].mean())

    (_, left), (share, middle), (_, right) = black("left"), black(USUAL), black("right")
    assert left < middle - 10 < middle + 10 < right
    assert share == pytest.approx({"small": 0.08, USUAL: 0.24, "big": 0.44}[size], abs=0.05)


def test_jax_is_there_where_ci_runs() -> None:
    """Tests that need it are skipped where a person has not installed the group `starter`."""
    assert find_spec("jax") or not os.environ.get("CI")


def test_the_readmes_prompts_are_those_of_the_picture_below_them() -> None:
    from_the_terminal = re.findall(r'^ddesk generate "(.+)"$', (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    samples = (ROOT / "build/starter/image/samples.txt").read_text("utf-8").splitlines()
    assert len(from_the_terminal) == 10
    assert from_the_terminal == samples[:10]
    assert all(set(words.split()) <= vocabulary() for words in from_the_terminal)
