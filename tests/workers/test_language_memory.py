"""What is foretold of a language model's memory is what llama.cpp itself says that it keeps."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ddesk.bootstrap import estimates
from ddesk.domain.footprint import Footprints
from ddesk.domain.language_set import Wish, model
from ddesk.domain.memory import Need
from ddesk.domain.needs import Knowledge, language_need
from ddesk.events.language_preset import KvCache
from tests.workers.probe.describing import described
from tests.workers.probe.language_models import language_model

EXACT = 0.02
COMPUTE = 0.15
"""Of the compute buffer, which is an estimate."""


def engines_own(path: Path, wish: Wish) -> dict[str, float]:
    """MiB by kind of buffer, of the model loaded with a context."""
    command = [sys.executable, "-m", "tests.workers.llama_sizes", str(path), str(wish.context), wish.kv_cache]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


def foretold(path: Path, wish: Wish) -> Need:
    about = described(path)
    knowledge = Knowledge(estimates=estimates(), footprints=Footprints(), backend="cpu")
    return language_need(model("a", {"model": about}, wish), knowledge)


@pytest.mark.parametrize("kv_cache", ["f16", "q8_0"])
@pytest.mark.parametrize(
    ("context", "layers", "heads", "kv_heads"), [(2048, 2, 4, 2), (1000, 4, 8, 8), (4096, 3, 4, 1)]
)
def test_cache_and_weights_are_the_engines_own(
    tmp_path: Path, kv_cache: KvCache, context: int, layers: int, heads: int, kv_heads: int
) -> None:
    path = language_model(
        tmp_path / "a.gguf", context=8192, embedding=512, layers=layers, heads=heads, kv_heads=kv_heads
    )
    wish = Wish(context=context, kv_cache=kv_cache)
    seen, need = engines_own(path, wish), foretold(path, wish)
    assert need.context_mb == pytest.approx(seen["KV"], rel=EXACT)
    assert need.weights_mb["language"] == pytest.approx(seen["model"], rel=EXACT)


def test_the_buffer_of_a_large_vocabulary_is_about_the_engines_own(tmp_path: Path) -> None:
    path = language_model(tmp_path / "a.gguf", context=8192, embedding=256, vocabulary=32_000)
    wish = Wish(context=4096, kv_cache="f16")
    (answering,) = foretold(path, wish).phases
    assert answering.compute_mb == pytest.approx(engines_own(path, wish)["compute"], rel=COMPUTE)
