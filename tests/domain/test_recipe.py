import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddesk.domain.recipe import MAX_SIZE, MIN_SIZE, Choices, Sampling, Wish, picture_text, request
from ddesk.errors import Invalid
from tests.domain.samples import LORA, PRESET, REQUESTED

pytestmark = pytest.mark.quick

CHOICES = Choices(
    samplers=(Sampling("euler", "Euler"), Sampling("euler_a", "Euler a")),
    sigma_schedules=(Sampling("discrete", "Normal"), Sampling("karras", "Karras")),
)
WISH = Wish(prompt="a red car", negative_prompt="", seed=7, batch=1, placement="back")


def refused(**changes: object) -> Invalid:
    with pytest.raises(Invalid) as found:
        request(msgspec.structs.replace(WISH, **changes), "toy", PRESET, CHOICES)
    return found.value


def test_what_is_left_out_takes_the_presets_default() -> None:
    recipe = request(WISH, "toy", PRESET, CHOICES).recipe
    assert (recipe.width, recipe.height, recipe.steps, recipe.cfg, recipe.sampler) == (128, 128, 14, 2.5, "euler")
    assert recipe.model_files == PRESET.model_files


def test_a_cfg_of_zero_is_not_left_out() -> None:
    assert request(msgspec.structs.replace(WISH, cfg=0.0), "toy", PRESET, CHOICES).recipe.cfg == 0.0


def test_a_sampler_may_be_named_as_other_programs_name_it() -> None:
    wish = msgspec.structs.replace(WISH, sampler="Euler A", sigma_schedule="KARRAS")
    recipe = request(wish, "toy", PRESET, CHOICES).recipe
    assert (recipe.sampler, recipe.sigma_schedule) == ("euler_a", "karras")


def test_an_unknown_sampler_is_refused_with_those_there_are() -> None:
    found = refused(sampler="zzz")
    assert found.code == "unknown_sampler"
    assert "euler_a" in found.advice


def test_a_side_that_is_no_multiple_is_refused_with_its_neighbours() -> None:
    found = refused(width=65, height=100)
    assert found.code == "size_not_a_multiple"
    assert found.advice == "Choose 64 or 72."


@pytest.mark.parametrize("side", [-64, 0, 8, 5000, 100_000])
def test_a_side_out_of_range_is_refused(side: int) -> None:
    assert refused(width=side).code == "size_out_of_range"


def test_too_many_pixels_are_refused() -> None:
    assert refused(width=4096, height=4096).code == "size_too_large"


@pytest.mark.parametrize("prompt", ["a\0b", "a \ud83d b"])
def test_text_that_no_file_can_hold_is_refused(prompt: str) -> None:
    assert refused(prompt=prompt).code == "bad_text"


@given(st.integers(MIN_SIZE // 8, MAX_SIZE // 8), st.integers(MIN_SIZE // 8, MAX_SIZE // 8))
def test_every_multiple_in_range_is_taken_unless_it_is_too_much(across: int, down: int) -> None:
    wish = msgspec.structs.replace(WISH, width=across * 8, height=down * 8)
    if across * down * 64 > 2048 * 2048:
        with pytest.raises(Invalid):
            request(wish, "toy", PRESET, CHOICES)
    else:
        recipe = request(wish, "toy", PRESET, CHOICES).recipe
        assert (recipe.width, recipe.height) == (across * 8, down * 8)


def test_a_picture_carries_its_parameters_as_other_programs_read_them() -> None:
    text = picture_text(REQUESTED, 8, CHOICES, "1.2")["parameters"].split("\n")
    assert text[0] == "a red car"
    assert text[1] == "Negative prompt: rain"
    assert text[2].startswith("Steps: 4, Sampler: Euler, Schedule type: Normal, CFG scale: 2.5,")
    assert "Seed: 8, Size: 64x64, Model hash: ababababab, Model: Toy" in text[2]


def test_the_presets_loras_go_into_the_recipe_and_into_the_pictures_text() -> None:
    recipe = request(WISH, "toy", msgspec.structs.replace(PRESET, loras=(LORA,)), CHOICES).recipe
    assert recipe.loras == (LORA,)
    requested = msgspec.structs.replace(REQUESTED, recipe=recipe)
    text = picture_text(requested, 8, CHOICES, "1.2")["parameters"].split("\n")
    assert text[0] == "a red car <lora:style:0.8>"
    assert text[-1].endswith('Lora hashes: "style: efefefefefef"')


def test_a_picture_carries_the_desks_own_recipe_whole() -> None:
    own = msgspec.json.decode(picture_text(REQUESTED, 8, CHOICES, "1.2")["ddesk"])
    assert own["prompt"] == "a red car"
    assert own["seed"] == 8
    assert own["recipe"]["model_files"][0]["sha256"] == "ab" * 32
