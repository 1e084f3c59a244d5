"""Why something happened."""

from ddesk.events.envelope import Recorded
from ddesk.store.past_log import PastLog


def causes(log: PastLog, recorded: Recorded) -> list[Recorded]:
    """From what began it, a request or an act of the desk's own, to what led to it directly."""
    chain: list[Recorded] = []
    now: Recorded | None = recorded
    while now and now.causation is not None and now.causation < now.position:
        now = log.at(now.causation)
        chain += [now] if now else []
    return chain[::-1]
