import pytest
from hypothesis import given
from msgspec.structs import replace

from ddesk.domain.commitments import Snapshot
from ddesk.domain.conservative import retry
from ddesk.domain.memory import Need
from ddesk.domain.placement import Plan, Situation, plan
from ddesk.domain.residents import Unload
from tests.domain import brute_force
from tests.domain.machines import ESTIMATES, gpu, image, language_model, situation, situations, thoroughly

pytestmark = pytest.mark.quick


def again(asked: Situation) -> Plan:
    found = retry(asked, plan(asked), ESTIMATES.retry)
    assert found is not None
    return found


def machine(free: float, ram: float = 0.0) -> Situation:
    idle = (language_model("chat", mb=700, used=1), language_model("vision", mb=800, used=2))
    return situation(Snapshot(devices=(gpu(free=free),), ram_free_mb=ram, residents=idle), image())


def test_everyone_idle_goes_and_decoding_is_tiled() -> None:
    found = again(machine(free=9200))
    assert found.conservative
    assert set(found.unloads) == {Unload("chat", "hard"), Unload("vision", "hard")}
    assert found.mitigations == ("vae_tiling",)


def test_text_encoders_and_vae_leave_the_card_only_as_needed() -> None:
    """With half as much again for its buffers it needs 7700: 7300 come from the idle, so something has to leave."""
    assert again(machine(free=5800, ram=9000)).mitigations == ("text_encoders_on_cpu", "vae_tiling")


def test_where_more_never_fits_the_nearest_that_fits_by_the_first_prediction_is_tried() -> None:
    found = again(machine(free=5800, ram=900))
    assert found.fits
    assert found.mitigations == ("vae_tiling", "vae_on_cpu")


def test_there_is_one_retry() -> None:
    asked = machine(free=9200)
    assert retry(asked, again(asked), ESTIMATES.retry) is None


def test_what_no_longer_fits_is_not_tried_again() -> None:
    assert retry(machine(free=100), plan(machine(free=9200)), ESTIMATES.retry) is None


def test_a_device_that_is_gone_is_not_tried_again() -> None:
    failed = replace(plan(machine(free=9200)), device="gpu-7")
    assert retry(machine(free=9200), failed, ESTIMATES.retry) is None


def test_language_work_has_nothing_to_tile() -> None:
    chat = Need(weights_mb={"language": 4000}, phases=(replace(image().phases[0], component="language"),))
    asked = situation(Snapshot(devices=(gpu(free=9000),)), chat, owner="language")
    assert again(asked).mitigations == ()


@thoroughly
@given(situations())
def test_it_never_plans_more_than_there_is_and_never_gives_back_what_was_given_up(asked: Situation) -> None:
    first = plan(asked)
    found = retry(asked, first, ESTIMATES.retry) if first.fits else None
    if found:
        device = next(each for each in asked.snapshot.devices if each.id == found.device)
        assert brute_force.fits(asked, device, found.mitigations, found.unloads)
        assert set(first.mitigations) <= set(found.mitigations)
        assert {unload.owner for unload in first.unloads} <= {unload.owner for unload in found.unloads}
