import pytest

from workers.image.previewing import ALWAYS, SHARE, PreviewPlan

pytestmark = pytest.mark.quick


def _previewed(steps: int, plain: float, cost: float) -> list[int]:
    """The steps that get a preview where a step takes `plain` seconds and a preview `cost`."""
    plan, previewed = PreviewPlan(steps), []
    for step in range(1, steps + 1):
        if wanted := plan.wants(step):
            previewed.append(step)
        plan.done(plain + cost * wanted, wanted)
    return previewed


def test_previews_that_cost_nothing_are_made_at_almost_every_step() -> None:
    assert len(_previewed(20, plain=1.0, cost=0.0)) >= 17


def test_costly_previews_are_made_twice() -> None:
    assert _previewed(14, plain=0.05, cost=0.25) == [round(14 * share) for share in ALWAYS]


def test_previews_between_keep_to_their_share_of_the_time() -> None:
    previewed = _previewed(100, plain=1.0, cost=1.0)
    assert 2 < len(previewed) <= SHARE * 200


@pytest.mark.parametrize("steps", range(4, 60))
def test_there_are_always_two_and_never_one_of_the_last_step(steps: int) -> None:
    previewed = _previewed(steps, plain=0.01, cost=10.0)
    assert len(previewed) == 2
    assert steps not in previewed
