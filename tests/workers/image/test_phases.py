import pytest

from workers.image.phases import Phases

pytestmark = pytest.mark.quick


def test_progress_counts_as_sampling_once_the_text_is_encoded() -> None:
    phases = Phases()
    assert phases.moved() == "encoding"
    phases.heard("stable-diffusion.cpp:3401 - generating image: 1/1 - seed 7")
    assert phases.moved() == "sampling"


def test_tiles_count_as_decoding() -> None:
    phases = Phases(phase="sampling", encoded=True)
    assert phases.heard("stable-diffusion.cpp:3192 - decoding 1 latents")
    assert phases.moved() == "decoding"


def test_stopping_waits_for_the_first_progress_of_sampling() -> None:
    phases = Phases()
    phases.heard("stable-diffusion.cpp:3401 - generating image: 1/1 - seed 7")
    assert not phases.may_stop()
    phases.moved()
    assert phases.may_stop()
