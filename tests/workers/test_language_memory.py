"""What is foretold of a language model's memory is what llama.cpp itself says that it keeps."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
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

_SIZE = re.compile(r"(model|KV|compute) buffer size\s*=\s*([\d.]+) MiB")
"""Of one of the engine's buffers, as it logs it."""


@contextmanager
def _engine_log() -> Iterator[list[str]]:
    from llama_cpp import llama_cpp as binding

    lines: list[str] = []

    def listen(_level: int, text: bytes, _data: object) -> None:
        lines.append(text.decode("utf-8", "replace"))

    listener, nobody = binding.llama_log_callback(listen), binding.llama_log_callback(0)
    binding.llama_log_set(listener, None)
    try:
        yield lines
    finally:
        binding.llama_log_set(nobody, None)


def engines_own(path: Path, wish: Wish) -> dict[str, float]:
    """MiB by kind of buffer, of the model loaded with a context."""
    from llama_cpp import llama_cpp as binding

    with _engine_log() as lines:
        loading = binding.llama_model_default_params()
        loading.n_gpu_layers, loading.use_mmap = 0, False
        loaded = binding.llama_model_load_from_file(str(path).encode(), loading)
        settings = binding.llama_context_default_params()
        settings.n_ctx, settings.n_batch, settings.n_ubatch = wish.context, 512, 512
        settings.flash_attn_type = binding.LLAMA_FLASH_ATTN_TYPE_ENABLED
        settings.type_k = settings.type_v = {"f16": binding.GGML_TYPE_F16, "q8_0": binding.GGML_TYPE_Q8_0}[
            wish.kv_cache
        ]
        context = binding.llama_init_from_model(loaded, settings)
        assert context
        binding.llama_free(context)
        binding.llama_model_free(loaded)
    found: dict[str, float] = {}
    for kind, mb in _SIZE.findall("".join(lines)):
        found[kind] = found.get(kind, 0.0) + float(mb)
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
