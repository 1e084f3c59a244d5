"""The most memory that was used while something ran."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

INTERVAL_SECONDS = 0.05


class Peak:
    """Samples `measure`, in MiB, until the block ends; `mb` is the largest seen."""

    def __init__(self, measure: Callable[[], float]) -> None:
        self._measure = measure
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="peak", daemon=True)
        self.mb = 0.0

    def __enter__(self) -> Self:
        self.mb = self._measure()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self.mb = max(self.mb, self._measure())

    def _sample(self) -> None:
        while not self._over.wait(INTERVAL_SECONDS):
            self.mb = max(self.mb, self._measure())
