"""Whether a preset's files make a model: each set here ends the engine's process, or makes no picture, when loaded."""

import random
from pathlib import Path
from typing import Any

import pytest

from ddesk.bootstrap import families
from ddesk.domain.model_set import Problem
from tests.workers.probe.describing import problems
from tests.workers.probe.making import edited, gguf, gguf_tensor, safetensors

pytestmark = pytest.mark.quick

Starter = dict[str, str]


def _only(paths: Starter) -> Problem:
    (problem,) = problems(paths)
    return problem


def test_the_starter_is_whole(starter: Starter) -> None:
    assert problems(starter) == []


@pytest.mark.parametrize(("lacking", "part"), [("clip_l", "clip_l"), ("taesd", "vae"), ("diffusion", "diffusion")])
def test_a_part_that_is_not_named_is_missing(starter: Starter, lacking: str, part: str) -> None:
    del starter[lacking]
    assert (_only(starter).code, _only(starter).part) == ("missing_part", part)


@pytest.mark.parametrize(
    ("part", "other"), [("taesd", "diffusion"), ("clip_l", "taesd"), ("diffusion", "clip_l"), ("t5xxl", "clip_l")]
)
def test_a_file_in_anothers_place_is_named_for_what_it_is(starter: Starter, part: str, other: str) -> None:
    problem = _only(starter | {part: starter[other]})
    assert (problem.code, problem.part) == ("wrong_part", part)
    assert families().parts[part] in problem.words


def test_a_bare_transformer_is_no_full_model(starter: Starter) -> None:
    assert _only({"model": starter["diffusion"]}).code == "wrong_part"


@pytest.mark.parametrize("part", ["diffusion", "clip_l", "taesd"])
@pytest.mark.parametrize("share", [0.0001, 0.5, 0.999])
def test_a_file_that_is_cut_off_is_told(starter: Starter, tmp_path: Path, part: str, share: float) -> None:
    whole = Path(starter[part])
    short = tmp_path / whole.name
    with whole.open("rb") as file:
        short.write_bytes(file.read(int(whole.stat().st_size * share)))
    problem = _only(starter | {part: str(short)})
    assert problem.code in {"truncated", "damaged"}
    assert (problem.part, whole.name in problem.words) == (part, True)


def test_a_gguf_with_a_damaged_header_is_told(starter: Starter, tmp_path: Path) -> None:
    content = bytearray(Path(starter["clip_l"]).read_bytes())
    content[200:260] = bytes(byte ^ 0xFF for byte in content[200:260])
    damaged = tmp_path / "clip.gguf"
    damaged.write_bytes(content)
    assert _only(starter | {"clip_l": str(damaged)}).code == "damaged"


@pytest.mark.parametrize(
    ("tensor", "shape", "right"),
    [
        ("single_blocks.0.linear1.weight", [10, 128], "896 × 128"),
        ("double_blocks.0.img_attn.qkv.weight", [10, 128], "384 × 128"),
        ("img_in.weight", [64, 64], "128 × 64"),
        ("single_blocks.2.norm.key_norm.scale", [7], "128"),
        ("final_layer.linear.weight", [3, 5], "64 × 128"),
    ],
)
def test_a_tensor_of_the_wrong_shape_is_named_with_the_right_one(
    starter: Starter, tmp_path: Path, tensor: str, shape: list[int], right: str
) -> None:
    def shrink(entries: dict[str, Any]) -> None:
        begin = entries[tensor]["data_offsets"][0]
        size = {"F16": 2, "F32": 4}[entries[tensor]["dtype"]]
        for length in shape:
            size *= length
        entries[tensor] |= {"shape": shape, "data_offsets": [begin, begin + size]}

    path = edited(starter["diffusion"], tmp_path / "bent.safetensors", shrink)
    problem = _only(starter | {"diffusion": str(path)})
    assert problem.code == "wrong_shape"
    assert f"{tensor} is {' × '.join(map(str, shape))} and should be {right}" in problem.words


@pytest.mark.parametrize("tensor", ["single_blocks.0.linear2.bias", "img_in.weight", "txt_in.bias"])
def test_a_tensor_that_is_missing_is_named(starter: Starter, tmp_path: Path, tensor: str) -> None:
    path = edited(starter["diffusion"], tmp_path / "thin.safetensors", lambda entries: entries.pop(tensor))
    problem = _only(starter | {"diffusion": str(path)})
    assert problem.code == "missing_tensor"
    assert tensor in problem.words


def test_a_tensor_that_is_missing_from_a_tiny_autoencoder_is_named(starter: Starter, tmp_path: Path) -> None:
    tensor = "decoder.layers.13.conv.2.weight"
    path = edited(starter["taesd"], tmp_path / "tae.safetensors", lambda entries: entries.pop(tensor))
    assert tensor in _only(starter | {"taesd": str(path)}).words


def test_an_autoencoder_of_another_family_is_told(starter: Starter, tmp_path: Path) -> None:
    shapes = {"decoder.conv_in": (512, 4, 3, 3), "decoder.conv_out": (3, 128, 3, 3)}
    both = {f"{name}.weight": shape for name, shape in shapes.items()}
    vae = safetensors(
        tmp_path / "sd1.vae.safetensors", both | {f"{name}.bias": shape[:1] for name, shape in shapes.items()}
    )
    problem = _only(starter | {"vae": str(vae)})
    assert (problem.code, problem.part) == ("mismatch", "vae")
    assert "4 latent channels instead of 16" in problem.words


def test_a_text_encoder_in_gguf_with_too_few_layers_is_told(starter: Starter, tmp_path: Path) -> None:
    short = gguf(
        tmp_path / "clip.gguf",
        gguf_tensor("text_model.embeddings.token_embedding.weight", (49408, 768), kind=2),
        data_size=49408 * 768 // 32 * 18,
    )
    assert _only(starter | {"clip_l": str(short)}).code == "missing_tensor"


def test_random_bytes_under_a_models_name_are_told(starter: Starter, tmp_path: Path) -> None:
    noise = random.Random(0).randbytes(20_000)
    for name, content in {"a.safetensors": noise, "a.gguf": b"GGUF" + noise, "a.ckpt": noise}.items():
        (tmp_path / name).write_bytes(content)
        assert _only(starter | {"diffusion": str(tmp_path / name)}).code in {"damaged", "foreign"}


def test_every_broken_part_is_told_at_once(starter: Starter, tmp_path: Path) -> None:
    (tmp_path / "empty.safetensors").touch()
    found = problems({"diffusion": str(tmp_path / "empty.safetensors"), "clip_l": str(tmp_path), "soul": "x"})
    assert [problem.code for problem in found] == ["empty", "not_a_file", "unknown_part"]


def test_a_full_model_needs_only_what_it_does_not_hold(tmp_path: Path) -> None:
    unet, words = (
        "model.diffusion_model.input_blocks",
        "cond_stage_model.transformer.text_model.embeddings.token_embedding",
    )
    shapes: dict[str, tuple[int, ...]] = {
        f"{unet}.0.0.weight": (320, 4, 3, 3),
        f"{unet}.1.1.transformer_blocks.0.attn2.to_k.weight": (320, 768),
        f"{words}.weight": (1,),
    }
    path = str(safetensors(tmp_path / "sd1.safetensors", shapes))
    assert (_only({"model": path}).code, _only({"model": path}).part) == ("missing_part", "vae")
    path = str(safetensors(tmp_path / "sd1.safetensors", shapes | {"first_stage_model.decoder.conv_in.weight": (1,)}))
    assert problems({"model": path}) == []
    assert _only({"diffusion": path}).code == "wrong_part"
