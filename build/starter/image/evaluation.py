"""How good a starter is: what the judge sees in pictures of prompts that it never learned from, and what they cost."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct
from PIL import Image, ImageDraw

from build import markdown
from build.starter.image import judge
from build.starter.image.judge import Judge
from build.starter.image.painter import Painted, Painter
from build.starter.image.prompts import prompt
from build.starter.image.world import Facts, held_out

SIDES = (64, 128, 256)
MAIN_SIDE = 128
SAMPLES = Path(__file__).with_name("samples.txt")
"""The prompts of the grid, one a line."""

_SEED = 21
_CAPTION = 14


class Row(Struct, frozen=True):
    """Of the table: shares from 0 to 1, and processor seconds a picture."""

    side: int
    pictures: int
    made: dict[str, float]
    drawn: dict[str, float]
    seconds: float


def asked(count: int) -> list[tuple[Facts, str]]:
    """The prompts of the exam, always the same."""
    rng = np.random.default_rng(_SEED)
    return [(facts, prompt(facts, rng)) for facts in (held_out(rng) for _ in range(count))]


def examined(painter: Painter, seeing: Judge, side: int, count: int) -> Row:
    """The first `count` of the exam's prompts, each with a seed of its own."""
    exam = asked(count)
    painted = [painter.paint(words, side, seed) for seed, (_, words) in enumerate(exam)]
    verdicts = seeing.verdicts([each.image or Image.new("RGB", (side, side)) for each in painted])
    seen = [verdict if each.image else judge.NOTHING for verdict, each in zip(verdicts, painted, strict=True)]
    made = judge.right([facts for facts, _ in exam], seen)
    return Row(side, count, made, seeing.accuracy(side), _usual_seconds(painted))


def table(rows: Sequence[Row]) -> str:
    """As Markdown. In brackets: how often the judge is right about drawn pictures."""
    heads = ("size", "prompts", *judge.ASPECTS, "seconds a picture")
    return markdown.table(heads, map(_cells, rows))


def grid(painter: Painter, side: int = MAIN_SIDE, seed: int = 3, across: int = 8) -> Image.Image:
    """Samples with their prompts below them."""
    prompts = SAMPLES.read_text("utf-8").splitlines()
    down = -(-len(prompts) // across)
    sheet = Image.new("RGB", (across * side, down * (side + _CAPTION)), "white")
    write = ImageDraw.Draw(sheet)
    for at, words in enumerate(prompts):
        x, y = at % across * side, at // across * (side + _CAPTION)
        if image := painter.paint(words, side, seed).image:
            sheet.paste(image, (x, y))
        write.text((x + 2, y + side + 1), words[: side // 6], fill="black")
    return sheet


def _usual_seconds(painted: Sequence[Painted]) -> float:
    return float(np.median([each.seconds for each in painted]))


def _cells(row: Row) -> tuple[str, ...]:
    shares = (f"{row.made[aspect]:.1%} ({row.drawn[aspect]:.1%})" for aspect in judge.ASPECTS)
    return (f"{row.side} × {row.side}", str(row.pictures), *shares, f"{row.seconds:.2f}")
