"""A worker for tests of the runtime: its one option, `does`, names what its work does."""

import os
import sys
import time

from ddesk.protocol.messages import MemoryReport, ModelUnloadDone, Work
from workers.memory import measure
from workers.role import Desk, Identity
from workers.runtime import run


class OddRole:
    def __init__(self, options: dict[str, str]) -> None:
        self._does = options["does"]
        if self._does == "no start":
            raise RuntimeError("The engine's library is missing.")

    def identity(self) -> Identity:
        return Identity(kind="fake", engine="odd", engine_version="1", backend="none", device="none", can_abort=True)

    def work(self, work: Work, desk: Desk) -> None:
        match self._does:
            case "raise":
                raise RuntimeError("That was not to be expected.")
            case "say nothing":
                return
            case "spin":
                print("spinning", flush=True)
                while True:
                    time.sleep(0.001)
            case "tell":
                print(f"backtrace={os.environ.get('GGML_NO_BACKTRACE')}", flush=True)
        desk.say(ModelUnloadDone(work_id=work.work_id, preset_id=None))

    def memory(self) -> MemoryReport:
        if self._does == "forget":
            raise RuntimeError("The driver is gone.")
        return measure(gpu=False)

    def model_loaded(self) -> str | None:
        return None


if __name__ == "__main__":
    sys.exit(run(OddRole))
