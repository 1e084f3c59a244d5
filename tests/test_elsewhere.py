"""The desk on systems that the tests don't run on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ddesk.supervision.transport import fitting

ROOT = Path(__file__).parent.parent


def test_nothing_is_imported_that_only_posix_has_and_the_workers_are_then_reached_by_tcp() -> None:
    command = [sys.executable, "-m", "tests.elsewhere"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {"ddesk.bootstrap", "ddesk.cli.serve", "ddesk.supervision.socket_dir", "workers.runtime"} <= {
        *told["imported"]
    }
    assert told["transport"] == "tcp"


@pytest.mark.quick
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no locks for their folder")
def test_socket_files_are_taken_where_the_system_has_them_unless_tcp_is_wanted() -> None:
    assert fitting("auto") == "ipc"
    assert fitting("tcp") == "tcp"
