"""Writes language models that llama.cpp loads: without a tokenizer, weights all zero."""

import struct
from collections.abc import Mapping
from pathlib import Path

from tests.workers.probe.making import Shapes, gguf_of, text

Fact = tuple[int, bytes]
"""A GGUF type and the value in it."""


def u32(value: int) -> Fact:
    return 4, struct.pack("<I", value)


def f32(value: float) -> Fact:
    return 6, struct.pack("<f", value)


def values(facts: Mapping[str, Fact | str]) -> bytes:
    """As the metadata of a GGUF file has them."""
    whole = b""
    for key, fact in facts.items():
        kind, value = (8, text(fact)) if isinstance(fact, str) else fact
        whole += text(key) + struct.pack("<I", kind) + value
    return whole


def language_model(
    path: Path,
    *,
    context: int = 2048,
    embedding: int = 256,
    layers: int = 2,
    heads: int = 4,
    kv_heads: int = 2,
    vocabulary: int = 512,
    dtype: str = "F16",
) -> Path:
    """A llama with its heads as long as `embedding` over `heads`."""
    head, forward = embedding // heads, 2 * embedding
    facts: dict[str, Fact | str] = {
        "general.architecture": "llama",
        "general.name": "Small talker",
        "llama.context_length": u32(context),
        "llama.embedding_length": u32(embedding),
        "llama.block_count": u32(layers),
        "llama.feed_forward_length": u32(forward),
        "llama.attention.head_count": u32(heads),
        "llama.attention.head_count_kv": u32(kv_heads),
        "llama.attention.layer_norm_rms_epsilon": f32(1e-5),
        "llama.rope.dimension_count": u32(head),
        "llama.vocab_size": u32(vocabulary),
        "tokenizer.ggml.model": "none",
    }
    tensors: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (vocabulary, embedding),
        "output_norm.weight": (embedding,),
    }
    for layer in range(layers):
        shapes: Shapes = {
            "attn_norm": (embedding,),
            "attn_q": (heads * head, embedding),
            "attn_k": (kv_heads * head, embedding),
            "attn_v": (kv_heads * head, embedding),
            "attn_output": (embedding, heads * head),
            "ffn_norm": (embedding,),
            "ffn_gate": (forward, embedding),
            "ffn_up": (forward, embedding),
            "ffn_down": (embedding, forward),
        }
        tensors |= {f"blk.{layer}.{name}.weight": shape for name, shape in shapes.items()}
    return gguf_of(path, tensors, dtype, values(facts), len(facts))


def projector(path: Path, *, embedding: int = 256, side: int = 96) -> Path:
    """One that the probe takes for a picture projector, from vectors of `side` to those of a language model."""
    return gguf_of(path, {"v.blk.0.attn_q.weight": (side, side), "mm.0.weight": (embedding, side)})
