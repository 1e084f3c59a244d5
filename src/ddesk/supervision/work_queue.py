"""The work of one worker: what waits, what its process has in hand, and the model that a new process should hold."""

from collections import deque

from ddesk.protocol.messages import LoadModel, ModelLoadDone, ModelSpec, Outcome, UnloadModel, Work

RESTORED = "restore:"
"""Begins the work id of a LoadModel that the supervisor sends by itself; the preset's id follows."""


class WorkQueue:
    """One piece is in hand at a time, so that a lost process takes exactly one along."""

    def __init__(self) -> None:
        self.in_hand: Work | None = None
        self._waiting: deque[Work] = deque()
        self._model: ModelSpec | None = None

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

    def settle(self, outcome: Outcome) -> None:
        """The piece in hand has ended."""
        if isinstance(self.in_hand, LoadModel):  # whether it loaded or not, an earlier model is gone
            self._model = self.in_hand.model if isinstance(outcome, ModelLoadDone) else None
        elif isinstance(self.in_hand, UnloadModel):
            self._model = None
        self.in_hand = None

    def lose(self, *, on_purpose: bool) -> str | None:
        """The process is gone: the id of the work that went with it, unless that was a restored model's loading."""
        lost, self.in_hand = self.in_hand, None
        if lost is None:
            return None
        if isinstance(lost, LoadModel) and lost.model == self._model and not on_purpose:
            self._model = None  # loading it again would end the next process too
        return None if lost.work_id.startswith(RESTORED) else lost.work_id

    def restore_model(self) -> None:
        """Have the model of the last process loaded first, unless another one is next anyhow."""
        if self._model is not None and not (self._waiting and isinstance(self._waiting[0], LoadModel)):
            work_id = f"{RESTORED}{self._model.preset_id}"
            self._waiting.appendleft(LoadModel(work_id=work_id, model=self._model))
