"""Given a machine, when work is planned, then this gives way and no more."""

import pytest
from msgspec.structs import replace

from ddesk.domain.commitments import Device, Snapshot
from ddesk.domain.footprint import Footprints
from ddesk.domain.memory import Amount, Mitigation, Need
from ddesk.domain.needs import Alternative, ImageModel, ImageSize, Knowledge, image_need, smaller_sizes
from ddesk.domain.placement import Plan, Situation, plan
from ddesk.domain.residents import Resident, Unload
from tests.domain.machines import ESTIMATES, gpu, image, language_model, situation

pytestmark = pytest.mark.quick

SAFE = 500.0
"""The work needs 9200, of which 6200 are weights; in tiles 7200; with these 500 more."""


def given(
    *residents: Resident, free: float, ram: float = 0.0, others: tuple[Device, ...] = (), need: Need | None = None
) -> Situation:
    snapshot = Snapshot(devices=(gpu(free=free, total=12_000), *others), ram_free_mb=ram, residents=residents)
    return situation(snapshot, need or replace(image(), safety_mb=SAFE))


def verdicts(decided: Plan) -> list[tuple[str, str, str]]:
    return [(step.rung, step.owner, step.verdict) for step in decided.steps]


def test_what_fits_is_left_alone() -> None:
    decided = plan(given(language_model(mb=3000, soft=1000), free=9700))
    assert (decided.fits, decided.unloads, decided.mitigations, decided.steps) == (True, (), (), ())
    assert (decided.needed, decided.usage, decided.room) == (Amount(9700), Amount(9700), Amount(9700))


def test_an_idle_context_goes_first() -> None:
    decided = plan(given(language_model(mb=3000, soft=1000), free=9000))
    assert decided.unloads == (Unload("language", "soft"),)
    assert verdicts(decided) == [("soft_unload", "language", "taken")]
    assert decided.steps[0].saving == Amount(1000)


def test_where_the_context_is_too_little_the_model_goes_and_that_is_all() -> None:
    decided = plan(given(language_model(mb=3000, soft=1000), free=8000))
    assert decided.unloads == (Unload("language", "hard"),)
    assert verdicts(decided) == [("soft_unload", "language", "not_needed"), ("hard_unload", "language", "taken")]


def test_the_least_recently_used_goes_first_and_one_at_a_time() -> None:
    old, new = language_model("old", mb=2000, used=1), language_model("new", mb=2000, used=2)
    assert plan(given(new, old, free=8000)).unloads == (Unload("old", "hard"),)
    assert plan(given(new, old, free=6000)).unloads == (Unload("old", "hard"), Unload("new", "hard"))


def test_who_went_first_stays_after_all_when_the_next_makes_room_enough() -> None:
    small, large = language_model("small", mb=500, used=1), language_model("large", mb=4000, used=2)
    assert plan(given(small, large, free=6000)).unloads == (Unload("large", "hard"),)


def test_work_is_never_interrupted() -> None:
    at_work = replace(language_model(mb=8000), busy=True)
    decided = plan(given(at_work, free=4000))
    assert not decided.fits
    assert decided.unloads == ()


@pytest.mark.parametrize(
    ("free", "ram", "expected"),
    [
        (9600, 9000, ("text_encoders_on_cpu",)),
        (9600, 1000, ("vae_tiling",)),
        (7600, 9000, ("text_encoders_on_cpu", "vae_tiling")),
        (5700, 9000, ("text_encoders_on_cpu", "vae_tiling")),
        (5500, 5200, ("text_encoders_on_cpu", "vae_on_cpu")),
        (3700, 9000, ("weights_in_ram", "segmented_graph")),
        (1900, 9000, ("vae_tiling", "weights_in_ram", "segmented_graph")),
    ],
)
def test_the_lowest_mitigations_are_taken_that_ram_has_room_for(
    free: float, ram: float, expected: tuple[Mitigation, ...]
) -> None:
    decided = plan(given(free=free, ram=ram))
    assert decided.mitigations == expected
    assert decided.usage.fits_in(Amount(free, ram))


def test_segments_are_told_how_much_they_may_use() -> None:
    decided = plan(given(free=3000, ram=9000, need=replace(image(), safety_mb=SAFE, process_mb=300)))
    assert decided.mitigations[-1] == "segmented_graph"
    assert decided.max_vram_mb == 3000 - 300 - 500


def test_a_resident_that_holds_ram_goes_where_only_ram_is_short() -> None:
    chat = Resident(owner="chat", device="gpu-0", mb=100, ram_mb=6000, preset_id="chat")
    decided = plan(given(chat, free=5500, ram=1000))
    assert decided.unloads == (Unload("chat", "hard"),)
    assert decided.mitigations != ()


def test_the_workers_own_model_is_its_to_use_and_is_kept_where_it_is_loaded_as_planned() -> None:
    own = Resident(owner="image", device="gpu-0", mb=6200, preset_id="preset")
    decided = plan(given(own, free=3500))
    assert (decided.fits, decided.unloads, decided.reload) == (True, (), False)
    assert plan(given(replace(own, preset_id="another"), free=3500)).reload
    assert plan(given(replace(own, mitigations=("weights_in_ram",)), free=3500)).reload
    assert not plan(given(replace(own, mitigations=("vae_tiling",)), free=3500)).reload


def test_of_several_cards_the_one_with_most_room_that_gives_up_nothing() -> None:
    others = (gpu("gpu-1", free=10_000), gpu("gpu-2", free=11_000))
    assert plan(given(free=9000, others=others)).device == "gpu-2"


def test_a_card_that_has_the_model_already_is_chosen_before_a_roomier_one() -> None:
    own = Resident(owner="image", device="gpu-0", mb=6200, preset_id="preset")
    assert plan(given(own, free=4000, others=(gpu("gpu-1", free=12_000),))).device == "gpu-0"


def test_the_models_of_another_card_are_left_alone() -> None:
    elsewhere = replace(language_model(mb=8000), device="gpu-1")
    decided = plan(given(elsewhere, free=8000, others=(gpu("gpu-1", free=0),)))
    assert (decided.device, decided.unloads, decided.mitigations) == ("gpu-0", (), ("vae_tiling",))


def test_without_a_card_only_unloading_and_tiling_help() -> None:
    machine = Snapshot(
        devices=(gpu("cpu", free=6000, total=16_000),), residents=(replace(language_model(mb=2000), device="cpu"),)
    )
    decided = plan(situation(machine, image()))
    assert (decided.unloads, decided.mitigations) == ((Unload("language", "hard"),), ("vae_tiling",))
    assert decided.usage == Amount(7200)


def test_other_programs_share_of_the_card_is_told() -> None:
    assert plan(given(language_model(mb=3000), free=4000)).others_mb == 5000


def test_what_a_preset_always_has_is_no_rung() -> None:
    decided = plan(replace(given(free=7700), chosen=("vae_tiling",)))
    assert (decided.mitigations, decided.steps) == (("vae_tiling",), ())


def test_a_rung_without_ram_for_it_says_so() -> None:
    decided = plan(given(free=7700, ram=1000))
    assert verdicts(decided) == [("text_encoders_on_cpu", "", "no_ram"), ("vae_tiling", "", "taken")]


def test_every_rung_has_its_price() -> None:
    decided = plan(given(language_model(mb=1024), free=1000, ram=9000))
    assert all(step.cost_seconds > 0 for step in decided.steps)
    assert decided.steps[0].cost_seconds == ESTIMATES.costs.hard_unload.of(1024)


def test_a_refusal_says_what_it_lacks_and_the_largest_size_that_would_fit() -> None:
    model = ImageModel(signature="a", family="sd1", headers_mb={"text_encoders": 235, "diffusion": 1640, "vae": 160})
    knowledge = Knowledge(estimates=ESTIMATES, footprints=Footprints(), backend="cuda")
    size = ImageSize(width=1536, height=1024)
    asked = given(free=4500, need=image_need(model, size, knowledge))
    decided = plan(asked, smaller_sizes(model, size, knowledge, step=64))
    assert not decided.fits
    assert decided.short.device_mb == decided.usage.device_mb - 4500 > 0
    tried = {each.name: plan(replace(asked, need=each.need)) for each in smaller_sizes(model, size, knowledge, step=64)}
    assert decided.would_fit is not None
    assert decided.would_fit.name == next(name for name, instead in tried.items() if instead.fits) == "960 × 640"


def test_where_nothing_smaller_fits_either_none_is_named() -> None:
    assert plan(given(free=100)).would_fit is None


def test_smaller_things_are_not_looked_at_where_the_work_fits() -> None:
    smaller = iter([Alternative(name="half", need=image())])
    assert plan(given(free=12_000), smaller).fits
    assert next(smaller).name == "half"
