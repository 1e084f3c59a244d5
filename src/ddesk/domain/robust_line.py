"""A straight line through measurements of which some may be far off.

The slope is Siegel's repeated median, the form of Theil and Sen's estimator that stands up to nearly half of the points
being outliers: for each point the median of its slopes to all others, and the median of those. Neither slope nor height
may be negative, since more pixels never need less memory: a falling line becomes level, and one that starts below zero
starts at zero.
"""

from collections.abc import Sequence
from statistics import median

from msgspec import Struct


class Point(Struct, frozen=True):
    x: float
    y: float


class FittedLine(Struct, frozen=True):
    height: float
    slope: float

    def at(self, x: float) -> float:
        return self.height + self.slope * x


def fit(points: Sequence[Point]) -> FittedLine:
    """Of at least two different x, all above zero."""
    slope = max(median(_slopes_from(point, points) for point in points), 0.0)
    height = median(point.y - slope * point.x for point in points)
    if height >= 0:
        return FittedLine(height, slope)
    return FittedLine(0.0, max(median(point.y / point.x for point in points), 0.0))


def _slopes_from(point: Point, points: Sequence[Point]) -> float:
    return median((other.y - point.y) / (other.x - point.x) for other in points if other.x != point.x)
