import asyncio
import sys
from pathlib import Path

import psutil
import pytest

from ddesk.app.child_process import run
from ddesk.app.support import bundle
from ddesk.errors import Fault

pytestmark = pytest.mark.quick


def python(script: str) -> tuple[str, ...]:
    return (sys.executable, "-c", script)


def test_a_bundle_is_what_the_doctor_writes_to_its_output(tmp_path: Path) -> None:
    script = "import sys; print(' '.join(sys.argv[1:]))"
    made = asyncio.run(bundle(python(script), tmp_path))
    assert made.decode().split() == ["--data-dir", str(tmp_path), "doctor", "--bundle", "-"]


@pytest.mark.parametrize("program", [python("raise SystemExit('no engine')"), ("/nonexistent/ddesk",)])
def test_one_that_can_not_be_made_is_told_with_what_to_do(tmp_path: Path, program: tuple[str, ...]) -> None:
    with pytest.raises(Fault) as told:
        asyncio.run(bundle(program, tmp_path))
    assert told.value.code == "bundle_failed"
    assert "no engine" in told.value.words or "nonexistent" in told.value.words
    assert "ddesk doctor --bundle" in told.value.advice


def test_a_process_that_takes_too_long_is_not_left_behind() -> None:
    script = "import time; time.sleep(1000)  # too long"
    with pytest.raises(TimeoutError):
        asyncio.run(run(python(script), seconds=0.1))
    assert [each for each in psutil.Process().children() if script in each.cmdline()] == []
