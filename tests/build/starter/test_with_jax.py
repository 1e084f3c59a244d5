"""The tests that load JAX: each file in a process of its own."""

import subprocess
import sys

import pytest

from build.web import ROOT
from tests.build.starter.apart import HASTY, needs_jax

pytestmark = [needs_jax, pytest.mark.timeout(600)]


@pytest.mark.parametrize("name", ["networks", "evaluation"])
def test_those_of(name: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", f"tests/build/starter/{name}.py"]
    done = subprocess.run(command, cwd=ROOT, env=HASTY, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stdout
