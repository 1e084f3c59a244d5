"""A small network that says of a picture what it shows: subject, colour of the subject, background.

It learns from drawn pictures, made soft, noisy and shifted in their colours, as made ones are.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from PIL import Image, ImageFilter

from build.starter.image import drawn
from build.starter.image.arrays import Floats, Pixels, Whole
from build.starter.image.diary import Diary
from build.starter.image.layers import Shapes, Weights, convolved, dense, glorot, linear
from build.starter.image.recipe import Judge as JudgeRecipe
from build.starter.image.training import finished, is_begun, train
from build.starter.image.world import Facts, held_out, world

SIDE = 64
"""Pixels that it looks at, each way: larger pictures are made smaller."""

ASPECTS = ("subject", "colour", "background")
NOTHING = ("", "", "")
"""The verdict on a picture that is none."""

_SIDES = (64, 128, 256)
_CHANNELS = (32, 48, 64, 96)
_HIDDEN = 128
EXAM_PICTURES = 500
"""Drawn pictures that its own accuracy is told of."""

_SEED, _EXAM_SEED = 11, 12
_SOFTEST, _NOISIEST, _TINTED = 1.6, 8.0, 12.0
"""The most that a picture is blurred, in pixels of 64, and its values moved, of 255: each by lot, and all alike."""


def names() -> Mapping[str, Sequence[str]]:
    """What it can say to each aspect."""
    about = world()
    return {"subject": list(about.subjects), "colour": list(about.colours), "background": about.backgrounds}


def make(recipe: JudgeRecipe, folder: Path, diary: Diary) -> None:
    plan = recipe.plan
    pictures, labels = _examples(recipe.pictures)

    def batch(rng: np.random.Generator) -> tuple[Pixels, Whole]:
        chosen = rng.integers(len(pictures), size=plan.batch)
        return np.stack([worn(pictures[at], rng) for at in chosen]), labels[chosen]

    train("judge", plan, lambda: glorot(shapes(), plan.seed), _loss, batch, folder, diary)


class Judge:
    def __init__(self, weights: Mapping[str, Floats]) -> None:
        self._weights = {name: jnp.asarray(value) for name, value in weights.items()}
        self._scores = jax.jit(_scores)

    def verdicts(self, pictures: Sequence[Image.Image]) -> list[tuple[str, ...]]:
        """Subject, colour and background of each."""
        seen = np.stack([np.asarray(_looked_at(picture)) for picture in pictures])
        best = [np.asarray(scores).argmax(1) for scores in self._scores(self._weights, seen)]
        choices = list(names().values())
        return [tuple(table[at] for table, at in zip(choices, row, strict=True)) for row in zip(*best, strict=True)]

    def accuracy(self, side: int, count: int = EXAM_PICTURES) -> dict[str, float]:
        """On drawn pictures of that size, of facts that it never learned from; from 0 to 1."""
        shown = [
            (facts, Image.fromarray(pixels)) for facts, pixels in drawn.pictures(count, side, _EXAM_SEED, held_out)
        ]
        verdicts = self.verdicts([picture for _, picture in shown])
        return right([facts for facts, _ in shown], verdicts)


def made(*folders: Path) -> Judge:
    """From the first of them that has one. Raises FileNotFoundError."""
    return Judge(finished("judge", next((folder for folder in folders if is_begun("judge", folder)), folders[-1])))


def right(facts: Sequence[Facts], verdicts: Sequence[tuple[str, ...]]) -> dict[str, float]:
    """The share of verdicts that are true, by aspect."""
    hits = [[getattr(fact, aspect) == said for aspect, said in zip(ASPECTS, verdict, strict=True)]
            for fact, verdict in zip(facts, verdicts, strict=True)]  # fmt: skip
    return dict(zip(ASPECTS, np.mean(hits, axis=0).tolist(), strict=True))


def _examples(count: int) -> tuple[Pixels, Whole]:
    choices = {aspect: list(table) for aspect, table in names().items()}
    pictures, labels = [], []
    for side in _SIDES:
        for facts, pixels in drawn.pictures(count // len(_SIDES), side, _SEED):
            pictures.append(np.asarray(_looked_at(Image.fromarray(pixels))))
            labels.append([choices[aspect].index(getattr(facts, aspect)) for aspect in ASPECTS])
    return np.stack(pictures), np.array(labels, np.int32)


def _looked_at(picture: Image.Image) -> Image.Image:
    return picture.resize((SIDE, SIDE), Image.Resampling.BOX)


def worn(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    soft = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(rng.uniform(0, _SOFTEST)))
    moved = rng.normal(0, rng.uniform(0, _NOISIEST), pixels.shape) + rng.uniform(-_TINTED, _TINTED, 3)
    return np.clip(np.asarray(soft) + moved, 0, 255).astype(np.uint8)


def shapes() -> Shapes:
    inputs = (12, *_CHANNELS)
    found: dict[str, tuple[int, ...]] = {}
    for at, (before, after) in enumerate(zip(inputs, _CHANNELS, strict=False)):
        found |= {f"{at}.weight": (after, before, 3, 3), f"{at}.bias": (after,)}
    found |= dense("hidden", _HIDDEN, _CHANNELS[-1] * 16)
    for aspect, table in names().items():
        found |= dense(aspect, len(table), _HIDDEN)
    return found


def _scores(weights: Weights, pictures: Array) -> list[Array]:
    x = pictures.astype(jnp.float32) / 128 - 1
    count = len(x)
    x = x.reshape(count, SIDE // 2, 2, SIDE // 2, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(count, SIDE // 2, -1, 12)
    for at in range(len(_CHANNELS)):
        x = jax.nn.relu(convolved(x, weights[f"{at}.weight"], 1 if at == 0 else 2) + weights[f"{at}.bias"])
    hidden = jax.nn.relu(linear(weights, "hidden", x.reshape(count, -1)))
    return [linear(weights, aspect, hidden) for aspect in ASPECTS]


def _loss(weights: Weights, batch: tuple[Array, Array], _key: Array, /) -> Array:
    pictures, labels = batch
    total = jnp.zeros(())
    for at, scores in enumerate(_scores(weights, pictures)):
        total -= jnp.take_along_axis(jax.nn.log_softmax(scores), labels[:, at : at + 1], 1).mean()
    return total
