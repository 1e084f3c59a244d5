"""Whether a LoRA fits a model, told before the engine would end over it."""

from pathlib import Path

import pytest

from tests.workers.loras import LAYER, SHAPE, lora
from tests.workers.probe.making import safetensors
from workers.probe.lora import misfit

pytestmark = pytest.mark.quick


def test_one_that_was_made_for_the_model_fits(starter: dict[str, str], tmp_path: Path) -> None:
    assert misfit(Path(starter["diffusion"]), lora(tmp_path / "mine.safetensors")) == ""


def test_one_of_another_width_does_not(starter: dict[str, str], tmp_path: Path) -> None:
    wide = lora(tmp_path / "wide.safetensors", shape=(9216, 3072))
    assert misfit(Path(starter["diffusion"]), wide) == (
        f"The LoRA wide.safetensors was made for another model: it changes {LAYER} as 9216 × 3072, "
        "which here is 384 × 128."
    )


@pytest.mark.parametrize(
    "layer",
    [
        "lora_unet_single_blocks_1_linear1",
        "transformer.single_blocks.1.linear1",
        "diffusion_model.single_blocks.1.linear1",
        "base_model.model.single_blocks.1.linear1",
        "single_blocks.1.linear1",
    ],
)
@pytest.mark.parametrize(("lower", "upper"), [("lora_down", "lora_up"), ("lora_A", "lora_B"), ("lora_A.default",) * 2])
def test_the_names_of_all_trainers_are_read(
    starter: dict[str, str], tmp_path: Path, layer: str, lower: str, upper: str
) -> None:
    upper = upper.replace("_A", "_B")
    file = safetensors(
        tmp_path / "l.safetensors", {f"{layer}.{lower}.weight": (4, 64), f"{layer}.{upper}.weight": (896, 4)}
    )
    assert "896 × 64, which here is 896 × 128" in misfit(Path(starter["diffusion"]), file)


def test_layers_that_nobody_can_place_are_left_to_the_engine(starter: dict[str, str], tmp_path: Path) -> None:
    assert misfit(Path(starter["diffusion"]), lora(tmp_path / "l.safetensors", "lora_unet_elsewhere", SHAPE)) == ""


def test_a_damaged_one_is_told_for_what_is_wrong_with_it(starter: dict[str, str], tmp_path: Path) -> None:
    whole = lora(tmp_path / "l.safetensors").read_bytes()
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(whole[: len(whole) // 2])
    assert "cut off" in misfit(Path(starter["diffusion"]), cut)
