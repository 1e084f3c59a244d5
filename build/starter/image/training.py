"""Training, the same for every network: in steps, each with a seed of its own, so that it can be interrupted."""

import time
from collections.abc import Callable, Mapping, Set
from pathlib import Path
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from msgspec import Struct

from build.starter.image import checkpoint, optimiser
from build.starter.image.arrays import Floats
from build.starter.image.checkpoint import Checkpoint
from build.starter.image.diary import Diary
from build.starter.image.layers import Weights

SECONDS_BETWEEN_CHECKPOINTS = 120
STEPS_BETWEEN_NOTES = 100

Batch = Any
"""Arrays, in whatever shape the loss takes them."""


class Plan(Struct, frozen=True):
    """`batch` is samples a step, `rate` the highest learning rate, which falls from that share of the steps on, and
    `average` the steps that the running average of the weights reaches back over.
    """

    steps: int
    batch: int
    rate: float
    falls_from: float = 0.5
    average: float = 400
    seed: int = 0


class Loss(Protocol):
    """The loss of a batch; `key` is for what is drawn by lot."""

    def __call__(self, weights: Weights, batch: Batch, key: Array, /) -> Array: ...


def train(
    name: str,
    plan: Plan,
    initial: Callable[[], Mapping[str, Floats]],
    loss: Loss,
    batches: Callable[[np.random.Generator], Batch],
    folder: Path,
    diary: Diary,
    matrices: Set[str] = frozenset(),
) -> dict[str, Floats]:
    """The average of the weights at the end. Goes on from the checkpoint in `folder` where there is one.

    `matrices` names the weights that Muon moves.

    Raises ValueError where that is of a network of another size.
    """
    path = _path(name, folder)
    at = _resumed(path, initial)
    if at.step >= plan.steps:
        return dict(at.average)
    step, state = at.step, optimiser.begin(_on_device(at.weights), _on_device(at.average), matrices)
    advance = _advance(loss)
    pace = _Pace(name, plan, diary)
    saved = time.monotonic()
    while step < plan.steps:
        batch = batches(np.random.default_rng([plan.seed, step]))
        key = jax.random.fold_in(jax.random.key(plan.seed), step)
        keep = min(1 - 1 / plan.average, (step + 1) / (step + 20))
        state, value = advance(state, batch, key, _rate(step, plan), keep)
        step += 1
        pace.done(step, value)
        if time.monotonic() - saved > SECONDS_BETWEEN_CHECKPOINTS and step < plan.steps:
            checkpoint.save(path, Checkpoint(step, _on_host(state.weights), _on_host(state.average)))
            saved = time.monotonic()
    average = _on_host(state.average)
    checkpoint.save(path, Checkpoint(step, average, average))
    return average


def finished(name: str, folder: Path) -> dict[str, Floats]:
    """What a training came to so far. Raises FileNotFoundError where it was never begun."""
    return dict(checkpoint.load(_path(name, folder)).average)


def keep(name: str, folder: Path, keeping: Path) -> None:
    """What a training came to so far, in another folder too, from where it can go on. Raises FileNotFoundError."""
    at = checkpoint.load(_path(name, folder))
    checkpoint.save(_path(name, keeping), Checkpoint(at.step, at.average, at.average))


def is_begun(name: str, folder: Path) -> bool:
    return _path(name, folder).is_file()


def _path(name: str, folder: Path) -> Path:
    return folder / f"{name}.npz.xz"


def _resumed(path: Path, initial: Callable[[], Mapping[str, Floats]]) -> Checkpoint:
    weights = initial()
    if not path.is_file():
        return Checkpoint(0, weights, weights)
    found = checkpoint.load(path)
    if _shapes(found.weights) != _shapes(weights):
        raise ValueError(f"{path} was made by another recipe: remove it, or name another folder.")
    return found


def _shapes(weights: Mapping[str, Floats]) -> dict[str, tuple[int, ...]]:
    return {name: value.shape for name, value in weights.items()}


def _rate(step: int, plan: Plan) -> float:
    return optimiser.rate(step, plan.steps, plan.rate, plan.falls_from)


def _advance(loss: Loss) -> Callable[..., tuple[optimiser.State, Array]]:
    def advance(
        state: optimiser.State, batch: Batch, key: Array, rate: Array, keep: Array
    ) -> tuple[optimiser.State, Array]:
        value, gradient = jax.value_and_grad(loss)(state.weights, batch, key)
        return optimiser.step(state, gradient, rate, keep), value

    compiled: Callable[..., tuple[optimiser.State, Array]] = jax.jit(advance, donate_argnums=0)
    return compiled


def _on_device(weights: Mapping[str, Floats]) -> Weights:
    return {name: jnp.array(value) for name, value in weights.items()}


def _on_host(weights: Weights) -> dict[str, Floats]:
    return {name: np.asarray(value) for name, value in weights.items()}


class _Pace:
    """Notes loss and samples a second, every so many steps and at the end."""

    def __init__(self, name: str, plan: Plan, diary: Diary) -> None:
        self._name, self._plan, self._diary = name, plan, diary
        self._since = time.monotonic()
        self._losses: list[Array] = []

    def done(self, step: int, loss: Array) -> None:
        self._losses.append(loss)
        if step % STEPS_BETWEEN_NOTES and step != self._plan.steps:
            return
        mean = float(jnp.stack(self._losses).mean())
        seconds = time.monotonic() - self._since
        pace = len(self._losses) * self._plan.batch / seconds
        told = f"{step} of {self._plan.steps}"
        self._diary.note(self._name, told, loss=round(mean, 5), samples_a_second=round(pace, 1))
        self._losses, self._since = [], time.monotonic()
