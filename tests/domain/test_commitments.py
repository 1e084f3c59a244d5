import random
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddesk.domain.commitments import Commitment, Device, Snapshot, commit, outstanding, release, report, room, unloaded
from ddesk.domain.memory import Amount
from ddesk.domain.placement import commitment, plan
from ddesk.domain.residents import Unload
from tests.domain.machines import gpu, image, language_model, situation, thoroughly
from tests.domain.simulated import Machine

pytestmark = pytest.mark.quick

GPU = gpu(free=12_000)
PICTURES = Commitment(owner="image", device="gpu-0", mb=9200, ram_mb=100)


def free_for(owner: str, *commitments: Commitment, device: Device = GPU) -> Amount:
    return room(Snapshot(devices=(device,), ram_free_mb=1000, commitments=commitments), device, owner)


def test_what_is_promised_to_one_is_not_there_for_another() -> None:
    assert free_for("language", PICTURES) == Amount(2800, 900)
    assert free_for("image", PICTURES) == Amount(12_000, 1000)


def test_two_starts_can_not_both_take_the_same_memory() -> None:
    machine = Snapshot(devices=(GPU,))
    first = plan(situation(machine, image()))
    assert first.mitigations == ()
    ledger = commit((), commitment(first, machine))
    second = plan(situation(Snapshot(devices=(GPU,), commitments=ledger), image(), owner="upscale"))
    assert not second.fits
    assert second.room == Amount(2800)
    third = plan(situation(Snapshot(devices=(GPU,), commitments=release(ledger, "image")), image(), owner="upscale"))
    assert third.fits


def test_what_its_owner_already_holds_is_counted_once() -> None:
    (held,) = report((PICTURES,), "image", "gpu-0", held_mb=6200)
    assert outstanding(held, "gpu-0") == Amount(3000, 100)
    assert outstanding(report((held,), "image", "gpu-0", held_mb=9900)[0], "gpu-0") == Amount(0, 100)
    assert outstanding(report((held,), "image", "gpu-1", held_mb=6200)[0], "gpu-0") == Amount(9200, 100)


def test_a_segmented_graph_takes_all_that_it_is_given() -> None:
    machine = Snapshot(devices=(gpu(free=3500),), ram_free_mb=9000)
    decided = plan(situation(machine, image()))
    assert decided.usage.device_mb < decided.available.device_mb == decided.max_vram_mb == 3500
    assert commitment(decided, machine).mb == 3500


def test_a_worker_does_one_thing_at_a_time() -> None:
    again = Commitment(owner="image", device="gpu-0", mb=100)
    assert commit((PICTURES,), again) == (again,)


def test_who_is_to_go_for_another_is_counted_on_once_and_waited_for() -> None:
    chat = language_model(mb=6000, soft=1000)
    ledger = (Commitment(owner="vision", device="gpu-0", mb=2000, unloads=(Unload("language", "hard"),)),)
    machine = Snapshot(devices=(gpu(free=6000),), residents=(chat,), commitments=ledger)
    decided = plan(situation(machine, image()))
    assert (decided.room, decided.unloads, decided.awaits) == (Amount(10_000), (), (Unload("language", "hard"),))


def test_a_model_that_loses_its_context_for_one_can_still_go_whole_for_another() -> None:
    chat = language_model(mb=6000, soft=1000)
    ledger = (Commitment(owner="vision", device="gpu-0", mb=1000, unloads=(Unload("language", "soft"),)),)
    machine = Snapshot(devices=(gpu(free=4500),), residents=(chat,), commitments=ledger)
    decided = plan(situation(machine, image()))
    assert decided.room == Amount(4500)
    assert decided.unloads == (Unload("language", "hard"),)
    assert decided.steps[-1].saving == Amount(5000)


def test_an_unload_that_is_over_is_promised_to_no_one_any_more() -> None:
    soft, hard = Unload("language", "soft"), Unload("language", "hard")
    waits = (Commitment(owner="vision", device="gpu-0", mb=1, unloads=(soft, hard, Unload("upscale", "hard"))),)
    assert unloaded(waits, soft)[0].unloads == (hard, Unload("upscale", "hard"))
    assert unloaded(waits, hard)[0].unloads == (Unload("upscale", "hard"),)


def test_work_that_promised_memory_waits_for_is_not_unloaded() -> None:
    own_model = language_model("vision", mb=8000)
    ledger = (Commitment(owner="vision", device="gpu-0", mb=8000, held_mb=8000),)
    machine = Snapshot(devices=(gpu(free=4000),), residents=(own_model,), commitments=ledger)
    assert not plan(situation(machine, image())).fits


def live(machine: Machine) -> None:
    for _ in range(40):
        machine.happen()
    machine.finish()


@thoroughly
@given(st.integers(0, 2**64))
def test_whatever_starts_loads_works_and_ends_in_any_order_memory_never_runs_out(seed: int) -> None:
    machine = Machine(random.Random(seed))
    live(machine)
    assert machine.commitments == ()


def test_without_commitments_it_does_run_out() -> None:
    machines = [Machine(random.Random(seed), forgetful=True) for seed in range(100)]
    with pytest.raises(MemoryError):
        deque(map(live, machines))
