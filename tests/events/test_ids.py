import uuid
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddesk.events.ids import new_id, unix_ms_of, uuid7, uuid7_run

pytestmark = pytest.mark.quick

MS = st.integers(0, 2**48 - 1)


@given(MS)
def test_an_id_is_a_uuid_of_version_7_that_tells_its_time(unix_ms: int) -> None:
    made = uuid7(unix_ms)
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert unix_ms_of(str(made)) == unix_ms


@given(MS)
def test_a_run_of_ids_is_of_the_same_kind_and_in_order(unix_ms: int) -> None:
    run = list(islice(uuid7_run(unix_ms), 100))
    made = [uuid.UUID(bytes=each) for each in run]
    assert {(each.version, each.variant, unix_ms_of(str(each))) for each in made} == {(7, uuid.RFC_4122, unix_ms)}
    assert sorted(set(run)) == run


@given(MS, MS)
def test_ids_sort_by_their_times(one: int, other: int) -> None:
    if one != other:
        assert (new_id(one) < new_id(other)) == (one < other)


def test_ids_of_one_moment_differ() -> None:
    assert len({new_id(0) for _ in range(1000)}) == 1000
