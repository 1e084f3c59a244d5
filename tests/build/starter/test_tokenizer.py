"""Tokens as the engine makes them."""

import re
import subprocess
import sys

import pytest

from build.starter.image import tokenizer
from build.starter.image.prompts import vocabulary
from build.web import ROOT
from tests.starter_model import starter_paths

PROMPTS = [
    "a blue robot",
    "Kitten, on a  YELLOW background!",
    "it's 42 o'clock: über-robots don't sleep",
    "antidisestablishmentarianism 🙂",
]
LOGGED = re.compile(r'split prompt "(.*)" to tokens \[(.*), \]')


@pytest.mark.quick
def test_published_tokens_come_out() -> None:
    assert tokenizer.encode("a photo of a cat") == [49406, 320, 1125, 539, 320, 2368, 49407]


@pytest.mark.quick
def test_a_long_prompt_is_cut_off_and_still_ends() -> None:
    tokens = tokenizer.encode("robot " * 200)
    assert len(tokens) == tokenizer.MOST
    assert tokens[-1] == tokenizer.END


@pytest.mark.quick
def test_the_worlds_words_are_one_token_each() -> None:
    assert [word for word in vocabulary() if len(tokenizer.pieces(word)) != 1] == []


def test_the_engine_splits_prompts_in_the_same_way() -> None:
    paths = starter_paths()
    command = [sys.executable, "-m", "tests.build.starter.engine_tokens"]
    command += [paths["diffusion"], paths["clip_l"], paths["taesd"], *PROMPTS]
    log = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = dict(LOGGED.findall(log))
    assert found == {words: ", ".join(f'"{piece}"' for piece in tokenizer.pieces(words)) for words in PROMPTS}
