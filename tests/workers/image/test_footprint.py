import pytest

from workers.image import footprint

pytestmark = pytest.mark.quick

_WEIGHTS = (
    "stable-diffusion.cpp:858  - total params memory size = 79.68MB (VRAM 6.33MB, RAM 73.36MB): "
    "text_encoders 73.36MB(RAM), diffusion_model 3.98MB(VRAM), vae 2.35MB(VRAM), "
    "controlnet 0.00MB(VRAM), pmid 0.00MB(RAM)"
)


def test_weights_are_read_by_component_and_those_without_left_out() -> None:
    assert footprint.weights(["loading weights", _WEIGHTS]) == {
        "text_encoders": 73.36,
        "diffusion_model": 3.98,
        "vae": 2.35,
    }


def test_weights_are_empty_where_the_engine_did_not_say() -> None:
    assert footprint.weights(["loading weights"]) == {}


def test_of_each_buffer_the_largest_counts() -> None:
    lines = [
        "ggml_extend.hpp:1921 - clip compute buffer size: 1.42 MB(RAM)",
        "ggml_extend.hpp:1921 - flux compute buffer size: 4.46 MB(VRAM)",
        "ggml_extend.hpp:1921 - flux compute buffer size: 40.46 MB(VRAM)",
        "ggml_extend.hpp:1921 - flux compute buffer size: 2.00 MB(VRAM)",
        "ggml_extend.hpp:2580 - flux params backend buffer size =   3.98 MB(RAM) (64 tensors)",
    ]
    assert footprint.buffers(lines) == {"clip": 1.42, "flux": 40.46}
