"""Given files that are known, which sets of them make a model, and which partners are proposed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddesk.bootstrap import choices, families
from ddesk.domain import model_set
from ddesk.domain.families import Family
from ddesk.domain.model_file import Description, FileProblem
from ddesk.domain.model_set import Candidate
from ddesk.domain.recipe import checked_defaults

TABLE = families()


def file(name: str, *parts: str, kind: str = "", family: str = "", **more: object) -> Candidate:
    about = Description(ok=True, kind=kind or parts[0], title=name, family=family, parts=parts, **more)  # type: ignore[arg-type]
    return Candidate(name, about, name)


FLUX = file("flux1-dev-Q4_K.gguf", "diffusion", kind="flux", family="flux", quantisation="q4_K")
CLIP = file("clip_l.safetensors", "clip_l", quantisation="f16")
T5 = file("t5xxl_fp16.safetensors", "t5xxl", quantisation="f16")
T5_SMALL = file("t5xxl-Q4_K.gguf", "t5xxl", quantisation="q4_K")
VAE_16 = file("ae.safetensors", "vae", latents=16)
VAE_4 = file("sd-vae.safetensors", "vae", latents=4)
TINY = file("taef1.safetensors", "taesd", latents=16)
SD1 = file("dream.safetensors", "model", kind="sd1", family="sd1", holds=("clip_l", "vae"))
SD1_ALONE = file("sd1-unet.safetensors", "diffusion", kind="sd1", family="sd1")
Z = file("z_image.gguf", "diffusion", kind="z-image", family="z-image")
QWEN3 = file("Qwen3-4B-Q4_K.gguf", "llm")
LLAMA = file("Llama-3-8B.gguf", "llm")
QWEN_IMAGE = file("qwen-image.gguf", "diffusion", kind="qwen-image", family="qwen-image")


def codes(**files: Candidate) -> list[tuple[str, str]]:
    return [(each.code, each.part) for each in model_set.problems(files, TABLE)]


def test_a_whole_set_has_no_problem() -> None:
    assert codes(diffusion=FLUX, clip_l=CLIP, t5xxl=T5, vae=VAE_16) == []
    assert codes(diffusion=FLUX, clip_l=CLIP, taesd=TINY) == []
    assert codes(model=SD1) == []


def test_what_is_lacking_is_named_in_plain_words() -> None:
    (problem,) = model_set.problems({"diffusion": FLUX, "clip_l": CLIP}, TABLE)
    assert problem.words == ("For FLUX.1 the preset lacks a file: autoencoder (VAE) or tiny autoencoder (TAESD).")
    assert codes(diffusion=FLUX) == [("missing_part", "clip_l"), ("missing_part", "vae")]


def test_without_a_diffusion_model_nothing_else_is_asked() -> None:
    assert codes() == [("missing_part", "diffusion")]
    assert codes(vae=VAE_16) == [("missing_part", "diffusion")]


def test_a_full_model_does_not_need_what_it_holds() -> None:
    without = file("half.safetensors", "model", kind="sd1", family="sd1", holds=("clip_l",))
    assert codes(model=without) == [("missing_part", "vae")]
    assert codes(model=without, vae=VAE_4) == []


def test_a_family_that_comes_whole_is_refused_in_pieces() -> None:
    assert codes(diffusion=SD1_ALONE, clip_l=CLIP, vae=VAE_4)[0] == ("wrong_form", "diffusion")


def test_what_is_of_another_family_is_told() -> None:
    assert codes(diffusion=FLUX, clip_l=CLIP, vae=VAE_4) == [("mismatch", "vae")]
    assert codes(model=SD1, t5xxl=T5) == [("mismatch", "t5xxl")]
    llm, vae = file("Qwen2.5-VL-7B.gguf", "llm"), VAE_16
    assert codes(diffusion=QWEN_IMAGE, llm=llm, vae=vae) == [("mismatch", "vae")]


def test_a_file_in_anothers_place_is_named_for_what_it_is() -> None:
    (problem,) = model_set.problems({"diffusion": FLUX, "clip_l": T5, "vae": VAE_16}, TABLE)
    assert (problem.code, problem.part) == ("wrong_part", "clip_l")
    assert "wants a CLIP-L text encoder" in problem.words


def test_a_files_own_problems_come_first() -> None:
    broken = Candidate("cut.gguf", Description(ok=False, problems=(FileProblem("truncated", "cut.gguf is cut off."),)))
    assert codes(diffusion=FLUX, t5xxl=broken) == [("truncated", "t5xxl")]


def test_for_what_is_lacking_the_files_that_would_do_are_offered() -> None:
    found = model_set.partners({"diffusion": FLUX}, [CLIP, T5, T5_SMALL, VAE_4, VAE_16, TINY, LLAMA], TABLE)
    assert {part: [each.name for each in candidates] for part, candidates in found.items()} == {
        "clip_l": ["clip_l.safetensors"],
        "t5xxl": ["t5xxl-Q4_K.gguf", "t5xxl_fp16.safetensors"],
        "vae": ["ae.safetensors"],
        "taesd": ["taef1.safetensors"],
    }


def test_all_text_encoders_are_proposed_and_one_autoencoder() -> None:
    files = {"diffusion": FLUX}
    found = model_set.partners(files, [CLIP, T5, T5_SMALL, VAE_16, TINY], TABLE)
    proposed = model_set.proposed(files, found, TABLE)
    assert {part: each.name for part, each in proposed.items()} == {
        "clip_l": "clip_l.safetensors",
        "t5xxl": "t5xxl-Q4_K.gguf",
        "vae": "ae.safetensors",
    }
    assert model_set.problems({**files, **proposed}, TABLE) == []


def test_the_language_model_that_a_family_was_trained_with_comes_first() -> None:
    found = model_set.partners({"diffusion": Z}, [LLAMA, QWEN3, VAE_16], TABLE)
    assert [each.name for each in found["llm"]] == [QWEN3.name, LLAMA.name]


def test_what_is_damaged_or_there_already_is_not_offered() -> None:
    broken = Candidate("t5.gguf", Description(ok=False, parts=("t5xxl",), problems=(FileProblem("damaged", "It is."),)))
    assert model_set.partners({"diffusion": FLUX, "clip_l": CLIP, "vae": VAE_16}, [broken, T5, TINY], TABLE) == {}
    assert "t5xxl" not in model_set.partners({"diffusion": FLUX}, [broken], TABLE)
    assert model_set.partners({"vae": VAE_16}, [FLUX], TABLE) == {}


def test_weights_are_summed_by_component_and_a_file_of_its_own_takes_the_place_of_what_is_within() -> None:
    full = Description(ok=True, weights={"diffusion": 100, "text_encoders": 20, "vae": 10})
    tiny, other = Description(ok=True, weights={"vae": 1}), Description(ok=True, weights={"vae": 7})
    llm = Description(ok=True, weights={"text_encoders": 50, "language": 40})
    assert model_set.weights({"model": full}) == {"diffusion": 100, "text_encoders": 20, "vae": 10}
    assert model_set.weights({"model": full, "taesd": tiny}) == {"diffusion": 100, "text_encoders": 20, "vae": 1}
    assert model_set.weights({"model": full, "taesd": tiny, "vae": other})["vae"] == 8
    assert model_set.weights({"llm": llm}) == {"text_encoders": 50}


@pytest.mark.parametrize("family", TABLE.families.values(), ids=list(TABLE.families))
def test_a_new_preset_of_each_family_can_make_pictures(family: Family) -> None:
    assert checked_defaults(family.defaults, choices()) == family.defaults


_FILES = (FLUX, CLIP, T5, T5_SMALL, VAE_16, VAE_4, TINY, SD1, SD1_ALONE, Z, QWEN3, LLAMA, QWEN_IMAGE)


@given(st.dictionaries(st.sampled_from(sorted(TABLE.parts)), st.sampled_from(_FILES)), st.permutations(_FILES))
def test_taking_what_is_proposed_never_makes_it_worse_and_the_order_of_the_library_is_nothing(
    files: dict[str, Candidate], offered: list[Candidate]
) -> None:
    found = model_set.partners(files, offered, TABLE)
    assert found == model_set.partners(files, _FILES, TABLE)
    before = model_set.problems(files, TABLE)
    after = model_set.problems({**files, **model_set.proposed(files, found, TABLE)}, TABLE)
    assert len(after) <= len(before)
