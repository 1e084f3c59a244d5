import pytest
from msgspec.structs import replace

from ddesk.domain.commitments import Commitment, Snapshot
from ddesk.domain.prewarm import likely_next, prewarm
from ddesk.domain.residents import IDLE_SECONDS, Resident, Unload, idle_unloads, next_idle_unload
from tests.domain.machines import gpu, image, language_model, situation

pytestmark = pytest.mark.quick

CHAT = language_model(mb=3000, used=1000)
PICTURES = Resident(owner="image", device="gpu-0", mb=6000, last_used=1300, preset_id="preset")


def test_a_model_goes_after_ten_minutes_without_work() -> None:
    assert IDLE_SECONDS == 600
    assert idle_unloads([CHAT, PICTURES], now=1599.9) == ()
    assert idle_unloads([CHAT, PICTURES], now=1600) == (Unload("language", "hard"),)
    assert idle_unloads([PICTURES, CHAT], now=1900) == (Unload("language", "hard"), Unload("image", "hard"))


def test_who_works_has_work_ahead_or_has_no_model_stays() -> None:
    late = 1e6
    assert idle_unloads([replace(CHAT, busy=True)], late) == ()
    assert idle_unloads([replace(CHAT, preset_id="")], late) == ()
    assert idle_unloads([CHAT], late, keep=frozenset({"language"})) == ()
    assert idle_unloads([CHAT], late, after_seconds=0) == ()


def test_the_next_unload_is_known_ahead() -> None:
    assert next_idle_unload([CHAT, PICTURES]) == 1600
    assert next_idle_unload([replace(CHAT, busy=True), PICTURES], after_seconds=300) == 1600
    assert next_idle_unload([replace(CHAT, preset_id="")]) is None
    assert next_idle_unload([CHAT], after_seconds=0) is None


def test_what_waits_is_likelier_than_what_was_used_last() -> None:
    assert likely_next(["flux", "sdxl"], ["sd1"]) == "flux"
    assert likely_next([], ["sdxl", "sd1"]) == "sd1"
    assert likely_next([], []) is None


def test_a_model_is_loaded_ahead_where_it_takes_nothing_from_anyone() -> None:
    machine = Snapshot(devices=(gpu(free=9200),), residents=(language_model(mb=3000),))
    planned = prewarm(situation(machine, image()))
    assert planned is not None
    assert planned.fits


@pytest.mark.parametrize(
    "machine",
    [
        Snapshot(devices=(gpu(free=9100),), residents=(language_model(mb=3000),)),
        Snapshot(devices=(gpu(free=9100),)),
        Snapshot(devices=(gpu(free=9200),), residents=(replace(PICTURES, mb=0, preset_id="another"),)),
        Snapshot(devices=(gpu(free=9200),), residents=(replace(PICTURES, mb=0, preset_id="", busy=True),)),
        Snapshot(devices=(gpu(free=9200),), commitments=(Commitment(owner="image", device="gpu-0", mb=1),)),
        Snapshot(
            devices=(gpu(free=9100),),
            residents=(language_model(mb=3000),),
            commitments=(Commitment(owner="vision", device="gpu-0", mb=100, unloads=(Unload("language", "hard"),)),),
        ),
    ],
    ids=[
        "another would go",
        "it does not fit",
        "another is loaded",
        "its worker works",
        "it is planned",
        "others wait",
    ],
)
def test_else_it_is_not_loaded_ahead(machine: Snapshot) -> None:
    only_by_unloading = replace(image(), phases=tuple(replace(each, tiled_mb=None) for each in image().phases))
    assert prewarm(situation(machine, only_by_unloading)) is None
