import threading

import pytest

from workers.image.peak import Peak

pytestmark = pytest.mark.quick


def test_the_peak_is_the_largest_that_was_seen_on_the_way() -> None:
    seen = threading.Event()
    sizes = iter([10.0, 50.0])

    def measure() -> float:
        size = next(sizes, 20.0)
        if size == 20.0:
            seen.set()
        return size

    with Peak(measure) as peak:
        assert seen.wait(10)
    assert peak.mb == 50.0


def test_what_is_used_at_the_end_counts() -> None:
    sizes = iter([10.0])
    with Peak(lambda: next(sizes, 30.0)) as peak:
        pass
    assert peak.mb == 30.0
