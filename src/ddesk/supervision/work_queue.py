"""The work of one worker: what waits, and what its process has in hand."""

from collections import deque

from ddesk.protocol.messages import Work


class WorkQueue:
    """One piece is in hand at a time, so that a lost process takes exactly one along."""

    def __init__(self) -> None:
        self.in_hand: Work | None = None
        self._waiting: deque[Work] = deque()

    def put(self, work: Work) -> None:
        self._waiting.append(work)

    def hand_out(self) -> Work | None:
        """The next piece, unless one is in hand."""
        if self.in_hand is not None or not self._waiting:
            return None
        self.in_hand = self._waiting.popleft()
        return self.in_hand

    def put_back(self) -> None:
        """What is in hand never reached the process."""
        if self.in_hand is not None:
            self._waiting.appendleft(self.in_hand)
            self.in_hand = None

    def withdraw(self, work_id: str) -> bool:
        """Take it out again; False where it doesn't wait."""
        waiting = [work for work in self._waiting if work.work_id == work_id]
        for work in waiting:
            self._waiting.remove(work)
        return bool(waiting)

    def has_in_hand(self, work_id: str) -> bool:
        return self.in_hand is not None and self.in_hand.work_id == work_id

    def settle(self) -> None:
        """The piece in hand has ended."""
        self.in_hand = None

    def lose(self) -> str | None:
        """The process is gone: the id of the work that went with it."""
        lost, self.in_hand = self.in_hand, None
        return lost.work_id if lost else None
