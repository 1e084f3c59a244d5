"""One rule for all work that the desk or a worker died under: it comes back by itself once, then waits for a person."""

DESK_CLOSED = "desk_closed"
"""Why work was interrupted where a person closed the desk: nobody is to blame, and it doesn't count as a loss."""

_LOSSES_FORGIVEN = 1


def losses_after(losses: int, why: str) -> int:
    """`losses` are those since a person last asked for it."""
    return losses + (why != DESK_CLOSED)


def comes_back(losses: int) -> bool:
    return losses <= _LOSSES_FORGIVEN
