import os
import subprocess
import sys
from pathlib import Path

import pytest

from ddesk.events.envelope import NewEvent, Origin
from ddesk.events.job import JobStarted
from ddesk.paths import migrations
from ddesk.store.event_log import EventLog
from ddesk.store.writer import Append
from tests.store.kill import harm

pytestmark = [
    pytest.mark.quick,
    pytest.mark.skipif(os.name == "nt", reason="kill -9 and fork are POSIX"),
]

ROOT = Path(__file__).parents[2]


def test_nothing_acknowledged_is_lost_when_the_desk_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.store.kill", str(tmp_path), "30", "1"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert (tmp_path / "0" / "log.db").stat().st_size > 100_000


def test_a_lost_command_would_be_noticed(tmp_path: Path) -> None:
    log = EventLog.open(tmp_path / "log.db", migrations())
    origin = Origin(command_id="here", correlation_id="here", actor="desk")
    log.append([Append(origin, {}, (NewEvent("job-1", JobStarted(1)),))])
    log.close()
    assert harm(tmp_path, [("here", 1)]) == ""
    assert "gone" in harm(tmp_path, [("here", 1), ("gone", 2)])
