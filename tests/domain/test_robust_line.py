import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ddesk.domain.robust_line import FittedLine, Point, fit
from tests.domain.machines import thoroughly

pytestmark = pytest.mark.quick

ANY_POINTS = st.lists(st.builds(Point, st.floats(0.01, 16), st.floats(0, 20_000)), min_size=2, max_size=8)


def on(height: float, slope: float, *sizes: float) -> list[Point]:
    return [Point(x, height + slope * x) for x in sizes]


def test_points_of_a_line_give_that_line() -> None:
    assert fit(on(500, 1000, 0.25, 0.5, 1)) == FittedLine(500, 1000)


@pytest.mark.parametrize("where", range(5))
@pytest.mark.parametrize("wrong", [0.0, 50_000.0])
def test_one_of_five_may_be_anything(where: int, wrong: float) -> None:
    points = on(500, 1000, 0.25, 0.25, 0.5, 0.5, 1)
    points[where] = Point(points[where].x, wrong)
    assert fit(points).at(2) == pytest.approx(2500, rel=0.05)


def test_a_falling_line_is_level_since_more_pixels_never_need_less() -> None:
    assert fit([Point(1, 900), Point(2, 800), Point(3, 700)]) == FittedLine(800, 0)


def test_a_line_that_starts_below_zero_starts_at_zero() -> None:
    assert fit(on(-100, 1000, 1, 2)) == FittedLine(0, 925)


@thoroughly
@given(ANY_POINTS, st.floats(0.01, 16), st.floats(0.01, 16))
def test_it_is_never_negative_and_never_falls(points: list[Point], x: float, further: float) -> None:
    assume(len({point.x for point in points}) > 1)
    line = fit(points)
    assert 0 <= line.at(x) <= line.at(x + further)
