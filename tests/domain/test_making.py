from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from ddesk.domain.making import (
    Changes,
    Difference,
    Fact,
    Made,
    Verdict,
    again,
    differences,
    engine_facts,
    facts,
    file_facts,
    lora_facts,
    made,
    verdict,
)
from ddesk.domain.recipe import Choices, Sampling
from ddesk.errors import Invalid
from ddesk.events.generation import GenerationEvent, GenerationRetried
from tests.domain import samples
from tests.domain.samples import ENGINE, FILES, LORA, PRESET, RECIPE, REQUESTED, started

pytestmark = pytest.mark.quick

MADE = Made(request=REQUESTED, image=samples.made(1), engine=ENGINE, mitigations=())
CHOICES = Choices(
    samplers=(Sampling("euler", "Euler"), Sampling("heun", "Heun")), sigma_schedules=(Sampling("discrete", "Discrete"),)
)
SHA256 = "model_files.diffusion.sha256"


def test_a_picture_was_made_by_the_attempt_that_succeeded() -> None:
    retried = GenerationRetried(why="conservative", mitigations=("vae_tiling",))
    events: list[GenerationEvent] = [
        REQUESTED,
        started(),
        samples.made(0),
        retried,
        started(2, 1, ("vae_tiling",)),
        samples.made(1),
    ]
    found = made(events, "image-1")
    assert found == replace(MADE, mitigations=("vae_tiling",))
    first = made(events)
    assert first is not None
    assert (first.image.image_id, first.mitigations) == ("image-0", ())


def test_a_picture_that_was_not_made_was_not_made_by_anything() -> None:
    assert made([REQUESTED, started()]) is None
    assert made([REQUESTED, started(), samples.made(0)], "image-1") is None


def test_the_seed_is_the_pictures_own_and_the_size_of_its_batch_decides_over_nothing() -> None:
    assert facts(MADE)["seed"] == RECIPE.seed + 1
    alone = replace(MADE, request=replace(REQUESTED, recipe=replace(RECIPE, batch=1, seed=RECIPE.seed + 1)))
    assert facts(alone) == facts(MADE)


@pytest.mark.parametrize(
    ("now", "expected", "fields"),
    [
        ({}, "exact", []),
        ({"engine.version": "2"}, "likely", ["engine.version"]),
        ({"engine.device": "Another"}, "likely", ["engine.device"]),
        ({"engine.backend": "CUDA", "engine.device": "A card"}, "likely", ["engine.backend", "engine.device"]),
        ({"mitigations": "vae_tiling"}, "likely", ["mitigations"]),
        ({"engine.name": "another"}, "cannot", ["engine.name"]),
        (engine_facts(None), "likely", ["engine.name", "engine.version", "engine.backend", "engine.device"]),
        (file_facts([replace(FILES[0], sha256="00" * 32)]), "cannot", [SHA256]),
        ({SHA256: None, "model_files.diffusion.size": None}, "cannot", ["model_files.diffusion.size", SHA256]),
        (lora_facts([LORA]), "cannot", ["loras.1.sha256", "loras.1.strength"]),
        ({"sampler": None}, "cannot", ["sampler"]),
        ({"engine.version": "2", SHA256: "00" * 32}, "cannot", [SHA256, "engine.version"]),
    ],
)
def test_what_is_no_longer_as_it_was_decides_whether_it_can_be_made_again(
    now: Mapping[str, Fact], expected: Verdict, fields: list[str]
) -> None:
    then = facts(MADE)
    differing = differences(then, {**then, **now})
    assert [each.field for each in differing] == fields
    assert verdict(differing) == expected


def test_a_difference_tells_then_and_now() -> None:
    assert differences({"steps": 4}, {"steps": 5}) == [Difference("steps", 4, 5)]
    assert differences({"a": 1}, {"b": 2}) == [Difference("a", 1, None), Difference("b", None, 2)]


def test_a_device_that_was_never_written_down_may_be_another() -> None:
    then = facts(replace(MADE, engine=replace(ENGINE, device="")))
    assert differences(then, facts(MADE)) == [Difference("engine.device", None, ENGINE.device)]
    assert verdict(differences(then, then)) == "likely"


def test_it_is_asked_for_again_as_it_was_made_with_the_files_of_now() -> None:
    words = replace(REQUESTED, resolved_prompt="a red car, resolved")
    files = (replace(FILES[0], sha256="00" * 32),)
    asked = again(replace(MADE, request=words), Changes(), replace(PRESET, model_files=files), CHOICES)
    assert (asked.prompt, asked.resolved_prompt, asked.negative_prompt) == ("a red car", "a red car, resolved", "rain")
    assert asked.rerun_of == "image-1"
    assert asked.recipe == replace(RECIPE, seed=RECIPE.seed + 1, batch=1, model_files=files)


def test_what_is_to_be_different_is_checked_like_any_wish() -> None:
    asked = again(MADE, Changes(sampler="Heun", steps=9, seed=0), PRESET, CHOICES)
    assert (asked.recipe.sampler, asked.recipe.steps, asked.recipe.seed) == ("heun", 9, 0)
    with pytest.raises(Invalid) as refused:
        again(MADE, Changes(sampler="zzz"), PRESET, CHOICES)
    assert refused.value.code == "unknown_sampler"
