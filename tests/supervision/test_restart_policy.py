import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddesk.supervision.restart_policy import History, HoldDown, Policy, RestartAfter, lost

pytestmark = pytest.mark.quick

POLICY = Policy(first_delay_seconds=0.5, longest_delay_seconds=30, stable_seconds=10, losses=3, within_seconds=60)

seconds = st.floats(0, 1e6)
losses = st.lists(st.tuples(seconds, seconds, st.booleans()), max_size=80)


def delays(*lives: float) -> list[float]:
    """The waits after processes that lived this long, each lost with work in its hands."""
    history, waits = History(), []
    for life in lives:
        history, verdict = lost(history, POLICY, now=0, lived_seconds=life, had_work=True)
        assert isinstance(verdict, RestartAfter)
        waits.append(verdict.seconds)
    return waits


def test_each_loss_in_a_row_doubles_the_wait() -> None:
    assert delays(1, 1, 1, 1) == [0.5, 1, 2, 4]


def test_the_wait_does_not_grow_for_ever() -> None:
    assert max(delays(*[1] * 2000)) == 30


def test_a_stable_process_starts_the_row_anew() -> None:
    assert delays(1, 1, 10, 1) == [0.5, 1, 0.5, 1]


def test_three_losses_without_work_within_a_minute_hold_it_down() -> None:
    history = History()
    for now in (0, 20):
        history, verdict = lost(history, POLICY, now=now, lived_seconds=20, had_work=False)
        assert isinstance(verdict, RestartAfter)
    _, verdict = lost(history, POLICY, now=59, lived_seconds=20, had_work=False)
    assert isinstance(verdict, HoldDown)


@pytest.mark.parametrize("had_work", [False, True])
def test_a_hopeless_loss_holds_it_down_at_once(had_work: bool) -> None:
    _, verdict = lost(History(), POLICY, now=0, lived_seconds=20, had_work=had_work, hopeless=True)
    assert isinstance(verdict, HoldDown)


def test_losses_spread_over_more_than_a_minute_do_not() -> None:
    history = History()
    for now in range(0, 600, 31):
        history, verdict = lost(history, POLICY, now=now, lived_seconds=1, had_work=False)
        assert isinstance(verdict, RestartAfter)


@given(losses)
def test_whatever_happens_the_wait_stays_within_its_bounds(story: list[tuple[float, float, bool]]) -> None:
    history, now = History(), 0.0
    for passed, lived, had_work in story:
        now += passed
        history, verdict = lost(history, POLICY, now=now, lived_seconds=lived, had_work=had_work)
        if isinstance(verdict, RestartAfter):
            assert POLICY.first_delay_seconds <= verdict.seconds <= POLICY.longest_delay_seconds


@given(losses)
def test_it_is_held_down_exactly_after_the_third_loss_without_work_in_a_minute(
    story: list[tuple[float, float, bool]],
) -> None:
    history, now = History(), 0.0
    blamed: list[float] = []
    for passed, lived, had_work in story:
        now += passed
        blamed = [at for at in blamed if now - at < 60] + ([] if had_work else [now])
        history, verdict = lost(history, POLICY, now=now, lived_seconds=lived, had_work=had_work)
        assert isinstance(verdict, HoldDown) == (not had_work and len(blamed) == 3)
        if isinstance(verdict, HoldDown):
            blamed = []
