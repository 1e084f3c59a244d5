"""The executable, compiled the quick way: with the engines as they are installed.

`TEST_COMPILED=1 uv run --group build pytest -m compiled`
"""

import os

import pytest

from build import compile as compiling
from build import smoke, web
from build.variant import Variant

pytestmark = [
    pytest.mark.compiled,
    pytest.mark.timeout(3600),
    pytest.mark.skipif("TEST_COMPILED" not in os.environ, reason="takes minutes, and TEST_COMPILED is not set"),
]


def test_it_works_on_a_machine_that_has_nothing_else() -> None:
    quick = Variant(quick=True)
    web.build()
    compiling.make(quick)
    smoke.check(quick)
