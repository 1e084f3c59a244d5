"""When a lost worker starts again, and when it stays down. Pure: times come in as arguments."""

from msgspec import Struct
from msgspec.structs import replace


class Policy(Struct, frozen=True, kw_only=True):
    """Each loss in a row doubles the wait; a process that lived `stable_seconds` ends the row.

    `losses` of them within `within_seconds` with no work to blame hold the worker down; so does a hopeless one at once.
    """

    first_delay_seconds: float = 0.25
    longest_delay_seconds: float = 30.0
    stable_seconds: float = 10.0
    losses: int = 3
    within_seconds: float = 60.0


class History(Struct, frozen=True, kw_only=True):
    """The losses so far: how many in a row, and the times (seconds, monotonic) of those that no work explains."""

    in_a_row: int = 0
    unexplained: tuple[float, ...] = ()


class RestartAfter(Struct, frozen=True):
    seconds: float


class HoldDown(Struct, frozen=True):
    """It comes back only when a person asks for it."""


def lost(
    history: History, policy: Policy, *, now: float, lived_seconds: float, had_work: bool, hopeless: bool = False
) -> tuple[History, RestartAfter | HoldDown]:
    """What follows from a loss at `now`. `hopeless`: the next process would be lost in the same way."""
    recent = tuple(at for at in history.unexplained if now - at < policy.within_seconds)
    after = History(
        in_a_row=1 if lived_seconds >= policy.stable_seconds else history.in_a_row + 1,
        unexplained=recent if had_work else (*recent, now),
    )
    if hopeless or (not had_work and len(after.unexplained) >= policy.losses):
        return replace(after, unexplained=()), HoldDown()
    return after, RestartAfter(_delay(policy, after.in_a_row))


def _delay(policy: Policy, in_a_row: int) -> float:
    doublings = min(in_a_row - 1, 32)  # far above any useful wait, far below a float's end
    return min(policy.first_delay_seconds * 2.0**doublings, policy.longest_delay_seconds)
