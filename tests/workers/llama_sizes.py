"""Loads a language model by llama.cpp and prints what that says of its buffers: MiB by kind, as JSON.

A process of its own: `python -m tests.workers.llama_sizes FILE CONTEXT f16|q8_0`.
"""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from llama_cpp import llama_cpp as binding

_SIZE = re.compile(r"(model|KV|compute) buffer size\s*=\s*([\d.]+) MiB")
"""Of one of the engine's buffers, as it logs it."""

_TYPES = {"f16": binding.GGML_TYPE_F16, "q8_0": binding.GGML_TYPE_Q8_0}
_BATCH = 512


@contextmanager
def _log() -> Iterator[list[str]]:
    lines: list[str] = []

    def listen(_level: int, text: bytes, _data: object) -> None:
        lines.append(text.decode("utf-8", "replace"))

    listener = binding.llama_log_callback(listen)  # kept for as long as the engine may call it
    binding.llama_log_set(listener, None)
    yield lines
    binding.llama_log_set(binding.llama_log_callback(0), None)


def sizes(path: str, context: int, kv_cache: str) -> dict[str, float]:
    with _log() as lines:
        loading = binding.llama_model_default_params()
        loading.n_gpu_layers, loading.use_mmap = 0, False
        model = binding.llama_model_load_from_file(path.encode(), loading)
        settings = binding.llama_context_default_params()
        settings.n_ctx, settings.n_batch, settings.n_ubatch = context, _BATCH, _BATCH
        settings.flash_attn_type = binding.LLAMA_FLASH_ATTN_TYPE_ENABLED
        settings.type_k = settings.type_v = _TYPES[kv_cache]
        binding.llama_free(binding.llama_init_from_model(model, settings))
        binding.llama_model_free(model)
    found: dict[str, float] = {}
    for kind, mb in _SIZE.findall("".join(lines)):
        found[kind] = found.get(kind, 0.0) + float(mb)
    return found


if __name__ == "__main__":
    print(json.dumps(sizes(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
