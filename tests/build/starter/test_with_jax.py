"""What loads JAX, in processes of their own: beside its threads nothing may be forked any more, as other tests do."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from build.web import ROOT

pytestmark = [
    pytest.mark.skipif(not find_spec("jax"), reason="no JAX: `uv run --group starter pytest`"),
    pytest.mark.timeout(600),
]


@pytest.mark.parametrize("name", ["networks", "evaluation"])
def test_those_of(name: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", f"tests/build/starter/{name}.py"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stdout
