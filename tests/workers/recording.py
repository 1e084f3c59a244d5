"""A desk that a role can be tried with in the test's own process."""

from ddesk.protocol.messages import FromWorker, Preview


class RecordingDesk:
    """Keeps what the role says, and cancels what it is told to."""

    def __init__(self, *cancelled: str) -> None:
        self.said: list[tuple[FromWorker, bytes]] = []
        self._cancelled = cancelled

    def say(self, message: FromWorker, frame: bytes = b"") -> None:
        self.said.append((message, frame))

    def preview(self, message: Preview, frame: bytes) -> None:
        self.say(message, frame)

    def is_cancelled(self, work_id: str) -> bool:
        return work_id in self._cancelled

    @property
    def last(self) -> FromWorker:
        return self.said[-1][0]

    @property
    def last_frame(self) -> bytes:
        return self.said[-1][1]
