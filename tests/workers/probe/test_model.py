"""What is told of one file: its kind, its weights by component, its attention, and what it says of itself."""

import json
import struct
from pathlib import Path

import pytest

from ddesk.domain.memory import kv_bytes
from tests.workers.probe.describing import described
from tests.workers.probe.language_models import Fact, language_model, projector, values
from tests.workers.probe.making import Shapes, gguf, gguf_tensor, safetensors, text, with_header
from workers.probe import gguf as reader
from workers.probe.model import MAX_SAID, describe

pytestmark = pytest.mark.quick

LLAMA: dict[str, Fact | str] = {
    "general.architecture": "llama",
    "general.name": "Small talker",
    "general.license": "mit",
    "llama.context_length": (4, struct.pack("<I", 8192)),
    "llama.block_count": (4, struct.pack("<I", 3)),
    "llama.embedding_length": (4, struct.pack("<I", 64)),
    "llama.attention.head_count": (4, struct.pack("<I", 4)),
    "llama.attention.head_count_kv": (4, struct.pack("<I", 2)),
}
WORDS = gguf_tensor("token_embd.weight", (100, 64)), gguf_tensor("blk.0.attn_q.weight", (64, 64), offset=12800)
DATA = 12800 + 8192


def language(path: Path, facts: dict[str, Fact | str]) -> Path:
    return gguf(path, *WORDS, values=values(facts), value_count=len(facts), data_size=DATA)


def test_a_language_model_tells_its_attention(tmp_path: Path) -> None:
    found = described(language(tmp_path / "a.gguf", LLAMA))
    assert (found.kind, found.parts, found.quantisation) == ("llm-gguf", ("llm",), "f16")
    assert found.language is not None
    assert (found.language.architecture, found.language.context) == ("llama", 8192)
    assert kv_bytes(found.language.kv_shape(), 256) == 256 * 3 * 2 * (2 * 16 + 2 * 16)
    assert found.metadata == {"name": "Small talker", "base": "llama", "licence": "mit"}


def test_it_tells_how_long_its_vectors_are_and_how_many_tokens_it_knows(tmp_path: Path) -> None:
    found = described(language_model(tmp_path / "a.gguf", embedding=128, vocabulary=300)).language
    assert found is not None
    assert (found.embedding, found.vocabulary) == (128, 300)


def test_a_projector_tells_from_what_to_what_it_maps(tmp_path: Path) -> None:
    found = described(projector(tmp_path / "a.gguf", embedding=128, side=96))
    assert (found.parts, found.projections) == (("mmproj",), (96, 128))
    assert found.weights == {"projector": 2 * (96 * 96 + 128 * 96)}


def test_it_weighs_what_either_engine_would_keep(tmp_path: Path) -> None:
    assert described(language(tmp_path / "a.gguf", LLAMA)).weights == {"language": DATA, "text_encoders": DATA}


def test_lengths_of_its_own_and_layers_that_differ_count(tmp_path: Path) -> None:
    own: dict[str, Fact | str] = {
        "llama.attention.key_length": (4, struct.pack("<I", 32)),
        "llama.attention.head_count_kv": (9, struct.pack("<IQ3I", 4, 3, 0, 8, 2)),
    }
    found = described(language(tmp_path / "a.gguf", LLAMA | own)).language
    assert found is not None
    assert (found.key_length, found.value_length, found.kv_heads) == (32, 16, 8)


@pytest.mark.parametrize(
    ("key", "fact"),
    [
        ("llama.block_count", (4, struct.pack("<I", 0))),
        ("llama.block_count", (10, struct.pack("<Q", 1 << 63))),
        ("llama.attention.head_count", (6, struct.pack("<f", float("nan")))),
        ("llama.attention.head_count", (4, struct.pack("<I", 0))),
        ("llama.context_length", "many"),
        ("general.architecture", "\x1b[31m"),
    ],
)
def test_an_attention_that_makes_no_sense_is_not_told(tmp_path: Path, key: str, fact: Fact | str) -> None:
    found = describe(language(tmp_path / "a.gguf", LLAMA | {key: fact}))
    assert found.language is None
    assert "\x1b" not in json.dumps(found.metadata)


def test_what_a_file_says_of_itself_is_short_and_one_line(tmp_path: Path) -> None:
    said = {"modelspec.title": "A\nb\x07" + "c" * 1000, "ss_tag_frequency": "x" * 9000, "ss_base_model_version": "None"}
    entries = {
        "__metadata__": said,
        "a.lora_down.weight": {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]},
    }
    found = describe(with_header(tmp_path / "a.safetensors", entries, 2))
    assert found.metadata == {"name": "Ab" + "c" * (MAX_SAID - 4)}
    assert (found.kind, found.weights) == ("lora", {})


@pytest.mark.parametrize("metadata", [7, None, [], {"format": 7}, {"format": None}])
def test_metadata_of_another_shape_is_none(tmp_path: Path, metadata: object) -> None:
    entries = {"__metadata__": metadata, "a.lora_down.weight": {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]}}
    assert describe(with_header(tmp_path / "a.safetensors", entries, 2)).metadata == {}


OTHERS: dict[str, tuple[str, Shapes]] = {
    "mmproj": ("mmproj", {"v.blk.0.attn_q.weight": (1,), "mm.0.weight": (1,)}),
    "text-embedding": ("text_embedding", {"token_embd.weight": (1,), "token_types.weight": (1,)}),
    "embedding": ("embedding", {"emb_params": (4, 768)}),
    "embedding-xl": ("embedding", {"clip_l": (4, 768), "clip_g": (4, 1280)}),
    "esrgan-old": ("upscaler", {"model.0.weight": (64, 3, 3, 3), "model.1.sub.0.RDB1.conv1.0.weight": (32, 64, 3, 3)}),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_kinds_are_told_by_their_marks(tmp_path: Path, kind: str) -> None:
    part, shapes = OTHERS[kind]
    found = describe(safetensors(tmp_path / "a.safetensors", shapes))
    assert (found.kind, found.parts, found.ok) == (kind, (part,), True)


def test_a_full_models_weights_are_told_apart_by_its_prefixes(tmp_path: Path) -> None:
    shapes: Shapes = {
        "model.diffusion_model.input_blocks.0.0.weight": (320, 4, 3, 3),
        "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": (320, 768),
        "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight": (10, 768),
        "first_stage_model.decoder.conv_in.weight": (2, 3),
        "first_stage_model.encoder.conv_in.weight": (2, 3),
        "model_ema.decay": (),
    }
    found = describe(safetensors(tmp_path / "a.safetensors", shapes))
    assert (found.parts, found.holds) == (("model",), ("clip_l", "vae"))
    assert found.weights == {
        "diffusion": 2 * (320 * 4 * 9 + 320 * 768),
        "text_encoders": 2 * 10 * 768,
        "vae": 2 * 6,
    }


def test_counts_that_no_model_has_are_refused_at_once(tmp_path: Path) -> None:
    """However large the file is: a loop over them would hold the probe up."""
    path = tmp_path / "a.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, reader.MAX_COUNT + 1, 0))
    assert [each.code for each in describe(path).problems] == ["damaged"]
    words = text("words") + struct.pack("<IIQ", 9, 8, reader.MAX_WORDS + 1)
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + words)
    assert [each.code for each in describe(path).problems] == ["damaged"]


def test_a_block_of_an_absurd_number_does_not_hold_the_probe_up(tmp_path: Path) -> None:
    shapes: Shapes = {f"double_blocks.{number}.x": (1,) for number in (0, 10**18)} | {"single_blocks.0.x": (1,)}
    assert [each.code for each in describe(safetensors(tmp_path / "a.safetensors", shapes)).problems]
