"""Machines and work for the planner's tests: any of them, quickly generated, and a few with round figures."""

import os
import tomllib
from collections.abc import Sequence
from random import Random

import msgspec
from hypothesis import settings
from hypothesis import strategies as st

from ddesk import paths
from ddesk.domain.commitments import Commitment, Device, Snapshot
from ddesk.domain.estimates import Estimates
from ddesk.domain.memory import COMPUTES_WITH, MITIGATIONS, Component, Need, Phase, PhaseName
from ddesk.domain.placement import Situation
from ddesk.domain.residents import RAM, Depth, Resident, Unload

ESTIMATES = msgspec.convert(tomllib.loads((paths.defaults() / "memory.toml").read_text("utf-8")), Estimates)

thoroughly = settings(max_examples=int(os.environ.get("PLANNER_EXAMPLES", "100")), deadline=None)
"""PLANNER_EXAMPLES=10000 is the long run."""

OWNERS = ("image", "language", "vision", "upscale")


def gpu(id_: str = "gpu-0", *, free: float, total: float | None = None) -> Device:
    return Device(id=id_, free_mb=free, total_mb=free if total is None else total)


def image() -> Need:
    """2000 of encoders, 4000 of diffusion, 200 of VAE; its phases compute with 100, 1000 and 3000, or 300 in tiles."""
    weights: dict[Component, float] = {"text_encoders": 2000.0, "diffusion": 4000.0, "vae": 200.0}
    phases = (
        Phase(name="text_encoding", component="text_encoders", compute_mb=100.0, segment_mb=200.0),
        Phase(name="sampling", component="diffusion", compute_mb=1000.0, segment_mb=400.0),
        Phase(name="decoding", component="vae", compute_mb=3000.0, tiled_mb=300.0, segment_mb=100.0),
    )
    return Need(weights_mb=weights, phases=phases)


def situation(snapshot: Snapshot, need: Need, owner: str = "image") -> Situation:
    return Situation(snapshot=snapshot, owner=owner, preset_id="preset", need=need, costs=ESTIMATES.costs)


def language_model(owner: str = "language", *, mb: float, soft: float = 0.0, used: float = 0.0) -> Resident:
    return Resident(owner=owner, device="gpu-0", mb=mb, soft_mb=soft, last_used=used, preset_id="chat")


class Dice(Random):
    """Of a seed from Hypothesis: a whole machine by many draws of its own would take it ten times as long."""

    def mb(self, largest: int = 30) -> float:
        """Hundreds of MiB: coarse, so that things often just fit, and sums come out exact."""
        return self.randint(0, largest) * 100.0

    def chance(self, one_in: int) -> bool:
        return self.randrange(one_in) == 0

    def some(self, of: Sequence[str], most: int) -> list[str]:
        return self.sample(of, self.randint(0, most))


def situations() -> st.SearchStrategy[Situation]:
    """A machine with no, one or several cards, whatever lies in its memory, and any work for it."""
    return st.integers(0, 2**64).map(lambda seed: _situation(Dice(seed)))


def _situation(dice: Dice) -> Situation:
    ids = dice.choice((("gpu-0",), ("gpu-0",), (RAM,), ("gpu-0", "gpu-1"), ("gpu-0", "gpu-1", "gpu-2")))
    snapshot = Snapshot(
        devices=tuple(gpu(id_, free=dice.mb(60), total=12_000.0) for id_ in ids),
        ram_free_mb=dice.mb(120),
        residents=tuple(_resident(dice, owner, ids) for owner in dice.some(OWNERS, most=4)),
        commitments=tuple(_commitment(dice, owner, ids) for owner in dice.some(OWNERS, most=2)),
    )
    return Situation(
        snapshot=snapshot,
        owner=dice.choice(OWNERS),
        preset_id="preset",
        need=_language_need(dice) if dice.chance(3) else _image_need(dice),
        costs=ESTIMATES.costs,
        chosen=tuple(each for each in MITIGATIONS if dice.chance(10)),
    )


def _language_need(dice: Dice) -> Need:
    return Need(
        weights_mb={"language": dice.mb(50), "projector": dice.mb(5)},
        phases=(Phase(name="answering", component="language", compute_mb=dice.mb(10)),),
        context_mb=dice.mb(20),
        process_mb=dice.mb(3),
        safety_mb=dice.mb(5),
        safety_part=dice.choice((0.0, 0.125, 0.25)),
        ram_safety_mb=dice.mb(5),
    )


def _image_need(dice: Dice) -> Need:
    names: tuple[PhaseName, ...] = ("text_encoding", "sampling", "highres", "decoding")
    return Need(
        weights_mb={"text_encoders": dice.mb(), "diffusion": dice.mb(50), "vae": dice.mb(5)},
        phases=tuple(_phase(dice, name) for name in names),
        process_mb=dice.mb(3),
        safety_mb=dice.mb(5),
        safety_part=dice.choice((0.0, 0.125, 0.25)),
        ram_safety_mb=dice.mb(5),
    )


def _phase(dice: Dice, name: PhaseName) -> Phase:
    return Phase(
        name=name,
        component=COMPUTES_WITH[name],
        compute_mb=dice.mb(),
        tiled_mb=dice.mb(10) if name == "decoding" else None,
        segment_mb=None if dice.chance(4) else dice.mb(10),
    )


def _resident(dice: Dice, owner: str, devices: Sequence[str]) -> Resident:
    soft = dice.mb(10)
    return Resident(
        owner=owner,
        device=dice.choice(devices),
        mb=soft + dice.mb(),
        soft_mb=soft,
        ram_mb=dice.choice((0.0, 0.0, 500.0, 3000.0)),
        process_mb=dice.mb(3),
        last_used=float(dice.randint(0, 3)),
        busy=dice.chance(4),
        preset_id=dice.choice(("", "preset", "other")),
    )


def _commitment(dice: Dice, owner: str, devices: Sequence[str]) -> Commitment:
    others = [each for each in OWNERS if each != owner]
    depths: tuple[Depth, ...] = ("soft", "hard")
    return Commitment(
        owner=owner,
        device=dice.choice(devices),
        mb=dice.mb(),
        ram_mb=dice.mb(),
        held_mb=dice.mb(),
        held_ram_mb=dice.mb(),
        unloads=tuple(Unload(each, dice.choice(depths)) for each in dice.some(others, most=2)),
    )
