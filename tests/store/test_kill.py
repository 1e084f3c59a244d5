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
from tests.store.power_cut import read_models

pytestmark = [
    pytest.mark.quick,
    pytest.mark.skipif(os.name == "nt", reason="kill -9 and fork are POSIX"),
]

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("work", ["append", "rebuild"])
def test_nothing_acknowledged_is_lost_when_the_desk_is_killed(tmp_path: Path, work: str) -> None:
    command = [sys.executable, "-m", "tests.store.kill", str(tmp_path), "25", "1", work]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert (tmp_path / "0" / "log.db").stat().st_size > 50_000


def test_a_lost_command_would_be_noticed(tmp_path: Path) -> None:
    log = EventLog.open(tmp_path / "log.db", migrations())
    origin = Origin(command_id="here", correlation_id="here", actor="desk")
    log.append([Append(origin, {}, (NewEvent("job-1", JobStarted(1)),))])
    log.close()
    assert harm(tmp_path, [("here", 1)]) == ""
    assert "gone" in harm(tmp_path, [("here", 1), ("gone", 2)])


def test_a_read_file_that_got_its_name_too_early_would_be_noticed(tmp_path: Path) -> None:
    log = EventLog.open(tmp_path / "log.db", migrations())
    origin = Origin(command_id="here", correlation_id="here", actor="desk")
    log.append([Append(origin, {}, (NewEvent("job-1", JobStarted(1)),))])
    models = read_models(tmp_path, log)
    models._db.execute("delete from tally")
    models.close()
    log.close()
    assert "half built" in harm(tmp_path, [])
