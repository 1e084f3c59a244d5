"""What loads JAX runs in a process of its own: beside its threads nothing may be forked any more, as other tests do."""

import os
from importlib.util import find_spec

import pytest

HASTY = os.environ | {"XLA_FLAGS": "--xla_backend_optimization_level=0"}
"""The environment of such a process: what is compiled for a few steps alone need not be fast."""

needs_jax = pytest.mark.skipif(not find_spec("jax"), reason="no JAX: `uv run --group starter pytest`")
