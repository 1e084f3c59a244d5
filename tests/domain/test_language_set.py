"""Which files make a language model together, in which context, and what that takes in memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ddesk.domain.footprint import Footprints
from ddesk.domain.language_set import Wish, model, problems, weights
from ddesk.domain.memory import MIB
from ddesk.domain.model_file import Description, FileProblem, Language
from ddesk.domain.model_set import Candidate
from ddesk.domain.needs import Knowledge, language_need, smaller_contexts
from tests.domain.machines import ESTIMATES

pytestmark = pytest.mark.quick

LLAMA_3_8B = Description(
    ok=True,
    format="gguf",
    title="Language model",
    parts=("llm",),
    weights={"language": 4685 * MIB, "text_encoders": 4800 * MIB},
    language=Language(
        architecture="llama",
        context=8192,
        layers=32,
        kv_heads=8,
        key_length=128,
        value_length=128,
        embedding=4096,
        vocabulary=128_256,
    ),
)
PROJECTOR = Description(
    ok=True,
    format="gguf",
    title="Picture projector of a language model",
    parts=("mmproj",),
    weights={"projector": 600 * MIB},
    projections=(1024, 4096),
)
VAE = Description(ok=True, format="safetensors", title="autoencoder (VAE)", parts=("vae",))
USUAL = Wish(context=8192, kv_cache="f16")
KNOWLEDGE = Knowledge(estimates=ESTIMATES, footprints=Footprints(), backend="cuda")


def found(wish: Wish = USUAL, **files: Description) -> list[tuple[str, str]]:
    """The code and part of each problem."""
    given = {part: Candidate(f"{part}.gguf", about) for part, about in files.items()}
    told = problems(given, wish)
    assert all(each.words.endswith(".") for each in told)
    return [(each.code, each.part) for each in told]


def with_language(**changes: int) -> Description:
    assert LLAMA_3_8B.language is not None
    return replace(LLAMA_3_8B, language=replace(LLAMA_3_8B.language, **changes))


def test_a_model_alone_will_do_and_so_will_one_with_its_projector() -> None:
    assert found(model=LLAMA_3_8B) == []
    assert found(model=LLAMA_3_8B, mmproj=PROJECTOR) == []


def test_each_file_has_to_be_what_its_place_wants() -> None:
    damaged = Description(ok=False, problems=(FileProblem("damaged", "It is damaged."),))
    assert found() == [("missing_part", "model")]
    assert found(mmproj=PROJECTOR) == [("missing_part", "model")]
    assert found(model=VAE) == [("wrong_part", "model")]
    assert found(model=LLAMA_3_8B, mmproj=LLAMA_3_8B) == [("wrong_part", "mmproj")]
    assert found(model=LLAMA_3_8B, vae=VAE) == [("unknown_part", "vae")]
    assert found(model=damaged) == [("damaged", "model")]
    assert found(model=replace(LLAMA_3_8B, format="safetensors", language=None)) == [("wrong_format", "model")]
    assert found(model=replace(LLAMA_3_8B, language=None)) == [("unknown_attention", "model")]


def test_a_projector_for_another_model_is_told_where_its_header_shows_that() -> None:
    other = replace(PROJECTOR, projections=(1024, 5120))
    assert found(model=LLAMA_3_8B, mmproj=other) == [("mismatch", "mmproj")]
    assert found(model=LLAMA_3_8B, mmproj=replace(PROJECTOR, projections=())) == []
    assert found(model=with_language(embedding=0), mmproj=other) == []


@pytest.mark.parametrize(("context", "fits"), [(255, False), (256, True), (8192, True), (8193, False)])
def test_a_context_is_one_that_the_model_was_trained_with(context: int, fits: bool) -> None:
    assert found(replace(USUAL, context=context), model=LLAMA_3_8B) == (
        [] if fits else [("context_out_of_range", "context")]
    )


def test_a_model_of_the_shortest_context_can_have_that() -> None:
    assert found(replace(USUAL, context=128), model=with_language(context=128)) == []


def test_a_cache_in_blocks_wants_heads_that_divide_into_them() -> None:
    in_blocks = replace(USUAL, kv_cache="q8_0")
    assert found(in_blocks, model=LLAMA_3_8B) == []
    assert found(in_blocks, model=with_language(key_length=80)) == [("kv_cache_unfit", "kv_cache")]
    assert found(USUAL, model=with_language(key_length=80)) == []


def test_it_needs_weights_cache_and_the_buffer_that_the_engine_is_known_to_make() -> None:
    """llama.cpp itself says 1024 MiB of cache and a buffer of 258.5 MiB, mask apart, for Llama 3 8B in 8192 tokens."""
    need = language_need(model("a", {"model": LLAMA_3_8B}, USUAL), KNOWLEDGE)
    (answering,) = need.phases
    mask = ESTIMATES.language.per_thousand * 8.192
    assert (need.weights_mb, need.context_mb) == ({"language": 4685}, 1024)
    assert answering.compute_mb - mask == pytest.approx(258.5)


def test_a_projector_counts_with_its_weights_and_a_buffer_of_its_own() -> None:
    files = {"model": LLAMA_3_8B, "mmproj": PROJECTOR}
    assert weights(files) == {"language": 4685 * MIB, "projector": 600 * MIB}
    alone, both = (language_need(model("a", each, USUAL), KNOWLEDGE) for each in ({"model": LLAMA_3_8B}, files))
    assert both.phases[0].compute_mb - alone.phases[0].compute_mb == ESTIMATES.language.projector


@given(st.integers(256, 8192))
def test_a_cache_in_q8_0_takes_a_good_half_of_one_in_f16_in_any_context(context: int) -> None:
    files = {"model": LLAMA_3_8B}
    whole = language_need(model("a", files, Wish(context=context, kv_cache="f16")), KNOWLEDGE).context_mb
    half = language_need(model("a", files, Wish(context=context, kv_cache="q8_0")), KNOWLEDGE).context_mb
    assert half / whole == pytest.approx(34 / 64)


@given(st.integers(256, 8192))
def test_what_is_offered_instead_is_ever_shorter_and_needs_ever_less(context: int) -> None:
    wanted = model("a", {"model": LLAMA_3_8B}, Wish(context=context, kv_cache="f16"))
    needs = [each.need.context_mb for each in smaller_contexts(wanted, KNOWLEDGE, least=256)]
    assert needs == sorted(needs, reverse=True)
    assert all(mb < language_need(wanted, KNOWLEDGE).context_mb for mb in needs)
