"""How good a starter is said to be."""

import numpy as np
from PIL import Image

from build.starter.image import evaluation, judge
from build.starter.image.evaluation import Row
from build.starter.image.layers import glorot
from build.starter.image.world import Facts, is_held_out, world

CAT, CAR = Facts("cat", "red", "snow"), Facts("car", "blue", "plain")


def test_the_exam_is_always_the_same_and_of_what_was_never_learned_from() -> None:
    exam = evaluation.asked(40)
    assert exam == evaluation.asked(40)
    assert exam[:10] == evaluation.asked(10)
    assert all(is_held_out(facts) and facts.colour in words for facts, words in exam)


def test_each_aspect_counts_by_itself_and_a_blank_picture_as_wrong() -> None:
    verdicts = [("cat", "red", "night"), ("cat", "blue", "plain"), judge.NOTHING]
    found = judge.right([CAT, CAR, CAR], verdicts)
    assert found == {"subject": 1 / 3, "colour": 2 / 3, "background": 1 / 3}


def test_the_judge_answers_in_the_worlds_words_whatever_the_size() -> None:
    judging = judge.Judge(glorot(judge.shapes(), 0))
    pictures = [Image.new("RGB", (side, side), "red") for side in (64, 128)]
    first, second = judging.verdicts(pictures)
    assert first == second
    assert all(said in names for said, names in zip(first, judge.names().values(), strict=True))


def test_worn_pictures_are_other_ones_of_the_same_shape() -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[20:40, 20:40] = 255
    worn = judge.worn(pixels, np.random.default_rng(0))
    assert (worn.shape, worn.dtype) == (pixels.shape, pixels.dtype)
    assert worn[30, 30].mean() > 200 > 55 > worn[5, 5].mean()


def test_the_table_says_how_far_the_judge_can_be_trusted() -> None:
    shares = dict.fromkeys(judge.ASPECTS, 0.9) | {"subject": 0.875}
    row = Row(128, 500, shares, dict.fromkeys(judge.ASPECTS, 0.99), 2.345)
    assert evaluation.table([row]).splitlines() == [
        "| size | prompts | subject | colour | background | seconds a picture |",
        "| --- | --- | --- | --- | --- | --- |",
        "| 128 × 128 | 500 | 87.5% (99.0%) | 90.0% (99.0%) | 90.0% (99.0%) | 2.35 |",
    ]


def test_it_knows_every_word_that_it_is_asked_about() -> None:
    assert [len(names) for names in judge.names().values()] == [12, 9, 16]
    assert set(judge.names()["background"]) == {"plain", *world().colours, *world().scenes}
