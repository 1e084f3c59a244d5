"""Telling what a model file is, from the names and shapes of its tensors."""

from pathlib import Path
from typing import get_args

import pytest

from ddesk.bootstrap import families
from ddesk.domain.memory import Component
from tests.starter_model import UPSCALER
from tests.workers.probe.making import Shapes, safetensors
from workers.probe import files
from workers.probe.catalogue import Kind, catalogue
from workers.probe.recognise import recognise
from workers.probe.shapes import fit

pytestmark = pytest.mark.quick

UNET = "model.diffusion_model."
FIRST = UNET + "input_blocks.0.0.weight"
WORDS_TO_KEYS = UNET + "input_blocks.{}.transformer_blocks.0.attn2.to_k.weight"
VAE = "first_stage_model.decoder"
EXAMPLES: dict[str, Shapes] = {
    "sd1": {FIRST: (320, 4, 3, 3), WORDS_TO_KEYS.format("1.1"): (320, 768)},
    "sd2": {FIRST: (320, 4, 3, 3), WORDS_TO_KEYS.format("1.1"): (320, 1024)},
    "sdxl": {FIRST: (320, 4, 3, 3), WORDS_TO_KEYS.format("4.1"): (640, 2048)},
    "sd3": {UNET + "joint_blocks.0.x_block.attn.qkv.weight": (3, 1)},
    "chroma": {"distilled_guidance_layer.in_proj.weight": (1,), "double_blocks.0.x": (1,), "single_blocks.0.x": (1,)},
    "flux2": {"double_stream_modulation_img.lin.weight": (1,), "double_blocks.0.x": (1,), "single_blocks.0.x": (1,)},
    "z-image": {"cap_embedder.0.weight": (1,)},
    "lora": {"lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight": (4, 8)},
    "controlnet": {"control_model.zero_convs.0.0.weight": (1,)},
    "esrgan": {"conv_first.weight": (64, 3, 3, 3), "body.0.rdb1.conv1.weight": (32, 64, 3, 3)},
    "t5xxl": {"encoder.block.0.layer.0.SelfAttention.q.weight": (4096, 4096)},
    "llm": {"model.embed_tokens.weight": (1,), "model.layers.0.self_attn.q_proj.weight": (1,)},
    "vae": {f"{VAE}.conv_in.weight": (512, 4, 3, 3), f"{VAE}.conv_out.weight": (3, 128, 3, 3)},
}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_each_family_is_told_by_its_marks(tmp_path: Path, kind: str) -> None:
    found = recognise(files.read(safetensors(tmp_path / "a.safetensors", EXAMPLES[kind])))
    assert found is not None
    assert found.kind.id == kind


def test_the_starters_files_are_what_they_are_and_fit(starter: dict[str, str]) -> None:
    found = {part: recognise(files.read(Path(path))) for part, path in starter.items()}
    assert {part: each and each.kind.id for part, each in found.items()} == {
        "diffusion": "flux",
        "clip_l": "clip_l",
        "taesd": "taesd",
    }
    for each in found.values():
        assert each is not None
        fitting = fit(each.kind, each.tensors)
        assert (fitting.missing, fitting.wrong) == ((), ())


def test_the_upscaler_that_comes_along_is_one_and_fits_no_place_of_a_preset(models: Path) -> None:
    found = recognise(files.read(models / UPSCALER))
    assert found is not None
    assert (found.kind.id, found.parts) == ("esrgan", ("upscaler",))


def test_a_file_with_text_encoders_within_is_a_full_model_and_no_diffusion_model(tmp_path: Path) -> None:
    words = "conditioner.embedders.1.model.token_embedding.weight"
    vae = "first_stage_model.decoder.conv_in.weight"
    path = safetensors(tmp_path / "xl.safetensors", {**EXAMPLES["sdxl"], words: (1,), vae: (1,)})
    found = recognise(files.read(path))
    assert found is not None
    assert (found.parts, found.holds) == (("model",), ("clip_g", "vae"))


def test_tensors_of_nothing_known_are_nothing_known(tmp_path: Path) -> None:
    assert recognise(files.read(safetensors(tmp_path / "a.safetensors", {"lstm.weight": (3, 3)}))) is None


BLOCKS = Kind(
    id="blocks",
    title="blocks",
    parts=(),
    markers={},
    layers={"in": ("h", 4), "block.*.{a,b}": ("2*h", "h")},
    optional={"extra": ("h", "h")},
)
FITTING: Shapes = {"in": (8, 4), "block.0.a": (16, 8), "block.0.b": (16, 8), "block.1.a": (16, 8), "block.1.b": (16, 8)}


def _layers(tmp_path: Path, shapes: Shapes) -> Path:
    both = {f"{name}.weight": shape for name, shape in shapes.items()}
    both |= {f"{name}.bias": shape[:1] for name, shape in shapes.items()}
    return safetensors(tmp_path / "blocks.safetensors", both)


def test_a_fitting_file_tells_what_its_words_stand_for(tmp_path: Path) -> None:
    fitting = fit(BLOCKS, files.read(_layers(tmp_path, FITTING)).tensors)
    assert (fitting.missing, fitting.wrong, fitting.sizes) == ((), (), {"h": 8})


def test_a_gap_in_a_row_of_blocks_is_missing(tmp_path: Path) -> None:
    shapes = {name: shape for name, shape in FITTING.items() if name != "block.0.b"}
    fitting = fit(BLOCKS, files.read(_layers(tmp_path, shapes)).tensors)
    assert fitting.missing == ("block.0.b.weight", "block.0.b.bias")


def test_one_wrong_tensor_is_the_only_one_called_wrong_though_it_stands_first(tmp_path: Path) -> None:
    fitting = fit(BLOCKS, files.read(_layers(tmp_path, {**FITTING, "in": (5, 4)})).tensors)
    assert fitting.wrong == (("in.weight", (5, 4), (8, 4)), ("in.bias", (5,), (8,)))


def test_optional_layers_come_whole_or_not_at_all(tmp_path: Path) -> None:
    path = safetensors(tmp_path / "a.safetensors", {"in.weight": (8, 4), "in.bias": (8,), "extra.weight": (8, 8)})
    assert fit(BLOCKS, files.read(path).tensors).missing == ("extra.bias",)


def test_every_family_of_the_catalogue_is_described_to_the_desk() -> None:
    kinds, table = catalogue().kinds, families()
    assert {kind.family for kind in kinds if kind.family} == set(table.families)
    assert {part for kind in kinds if kind.family for part in kind.parts} == {"diffusion"}
    for family in table.families.values():
        named = {*family.forms, *family.accepts, *(part for group in family.needs for part in group)}
        assert named <= set(table.parts)
        assert set(family.autoencoders) <= {kind.id for kind in kinds}


def test_all_that_is_said_of_parts_and_components_is_of_those_that_there_are() -> None:
    parts = {part for kind in catalogue().kinds for part in kind.parts}
    components = {component for each in catalogue().components.values() for component in each}
    assert set(catalogue().components) <= parts
    assert components | set(catalogue().within) <= set(get_args(Component))
    assert set(catalogue().holds) <= set(families().parts)
