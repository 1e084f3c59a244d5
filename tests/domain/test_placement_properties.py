"""What holds for any machine and any work. `PLANNER_EXAMPLES=10000` tries that many of them."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ddesk.domain.commitments import Device
from ddesk.domain.memory import MITIGATIONS
from ddesk.domain.placement import Plan, Situation, plan
from tests.domain import brute_force
from tests.domain.machines import situations, thoroughly

pytestmark = pytest.mark.quick

HUNDREDS = st.integers(0, 30).map(lambda count: count * 100.0)


def device_of(decided: Plan, situation: Situation) -> Device:
    return next(device for device in situation.snapshot.devices if device.id == decided.device)


@thoroughly
@given(situations())
def test_it_never_plans_more_than_device_and_ram_have(situation: Situation) -> None:
    decided = plan(situation)
    if decided.fits:
        device = device_of(decided, situation)
        assert brute_force.fits(situation, device, decided.mitigations, decided.unloads)
        peak = brute_force.peak(situation.need, decided.mitigations, device.id)
        assert (decided.usage.device_mb, decided.usage.ram_mb) == peak


@thoroughly
@given(situations())
def test_it_is_the_lowest_combination_that_fits_and_there_is_one_whenever_any_fits(situation: Situation) -> None:
    decided = plan(situation)
    heights = [
        brute_force.height(situation, combination)
        for device in situation.snapshot.devices
        for combination in brute_force.that_fit(situation, device)
    ]
    assert decided.fits == bool(heights)
    if decided.fits:
        assert brute_force.height(situation, (decided.mitigations, decided.unloads)) == min(heights)


@thoroughly
@given(situations())
def test_what_is_needed_or_at_work_is_never_unloaded_and_a_refusal_unloads_nothing(situation: Situation) -> None:
    decided = plan(situation)
    allowed = {each.owner for each in brute_force.may_go(situation)}
    assert {unload.owner for unload in decided.unloads} <= allowed
    assert decided.fits or (decided.unloads, decided.mitigations) == ((), situation.chosen)


@thoroughly
@given(situations())
def test_each_rung_taken_saves_something_and_none_can_be_left_out(situation: Situation) -> None:
    decided = plan(situation)
    taken = [step for step in decided.steps if step.verdict == "taken"]
    assert len(taken) == len(decided.unloads) + len(set(decided.mitigations) - set(situation.chosen))
    assert all(step.saving.device_mb > 0 or step.saving.ram_mb > 0 for step in taken)
    device = device_of(decided, situation)
    for rung in set(decided.mitigations) - set(situation.chosen):
        without = [each for each in decided.mitigations if each != rung]
        assert not brute_force.fits(situation, device, without, decided.unloads)
    for unload in decided.unloads:
        kept = [each for each in decided.unloads if each != unload]
        assert not brute_force.fits(situation, device, decided.mitigations, kept)


@thoroughly
@given(situations(), st.randoms(use_true_random=False))
def test_the_same_situation_gets_the_same_plan_however_it_is_listed(situation: Situation, random: Random) -> None:
    residents = list(situation.snapshot.residents)
    random.shuffle(residents)
    shuffled = replace(situation, snapshot=replace(situation.snapshot, residents=tuple(residents)))
    first, second = plan(situation), plan(shuffled)
    assert first == second


@thoroughly
@given(situations(), HUNDREDS, HUNDREDS)
def test_more_free_memory_never_makes_it_climb_higher(situation: Situation, device_mb: float, ram_mb: float) -> None:
    snapshot = situation.snapshot
    first, *others = snapshot.devices
    more = replace(
        snapshot,
        devices=(replace(first, free_mb=first.free_mb + device_mb), *others),
        ram_free_mb=snapshot.ram_free_mb + ram_mb,
    )
    before, after = plan(situation), plan(replace(situation, snapshot=more))
    assert after.fits or not before.fits
    if before.fits:
        heights = [brute_force.height(situation, (each.mitigations, each.unloads)) for each in (after, before)]
        assert heights == sorted(heights)


@thoroughly
@given(situations())
def test_a_refusal_lacks_something_and_with_that_it_would_fit(situation: Situation) -> None:
    decided = plan(situation)
    if decided.fits:
        return
    lacks = decided.short
    assert lacks.device_mb > 0 or lacks.ram_mb > 0
    snapshot = situation.snapshot
    devices = [
        replace(each, free_mb=each.free_mb + lacks.device_mb) if each.id == decided.device else each
        for each in snapshot.devices
    ]
    enough = replace(snapshot, devices=tuple(devices), ram_free_mb=snapshot.ram_free_mb + lacks.ram_mb)
    assert plan(replace(situation, snapshot=enough)).fits


@thoroughly
@given(situations())
def test_the_account_names_every_rung_up_to_the_highest_taken(situation: Situation) -> None:
    decided = plan(situation)
    order = ["soft_unload", "hard_unload", *MITIGATIONS]
    places = [order.index(step.rung) for step in decided.steps]
    assert places == sorted(places)
    if decided.fits:
        assert not decided.steps or decided.steps[-1].verdict == "taken"
    else:
        assert all(step.verdict in ("not_enough", "saves_nothing", "no_ram", "not_needed") for step in decided.steps)
