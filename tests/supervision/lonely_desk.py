"""A desk with two workers, the fake one in the middle of a picture: tells their process ids and waits to be killed."""

import sys
import tempfile
import threading
from pathlib import Path

from ddesk.protocol.messages import Progress
from ddesk.supervision.notices import WorkerConnected
from ddesk.supervision.spec import WorkerSpec
from ddesk.supervision.supervisor import Supervisor
from tests.supervised import BRISK, FAKE, Gate, Notices, load, picture

MEDIA = WorkerSpec("media", (sys.executable, "-m", "workers.media"))


def main() -> None:
    notices = Notices()
    supervisor = Supervisor([FAKE, MEDIA], notices, timing=BRISK)
    supervisor.start()
    for _ in range(2):
        notices.next(WorkerConnected)
    supervisor.send("fake", load())
    supervisor.send("fake", picture("{stubborn}" + Gate(Path(tempfile.gettempdir())).directive))
    notices.next_said(Progress, "picture")
    print(*(status.pid for status in supervisor.status()), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
