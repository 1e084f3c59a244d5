import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddesk.domain.footprint import Footprints
from ddesk.domain.memory import MITIGATIONS, Amount, KvShape, Mitigation, Phase, kv_bytes, usage, usage_in_ram
from ddesk.domain.needs import ImageModel, ImageSize, Knowledge, LanguageModel, image_need, language_need, smaller_sizes
from ddesk.domain.placement import Situation
from tests.domain.machines import ESTIMATES, image, situations, thoroughly

pytestmark = pytest.mark.quick

KNOWLEDGE = Knowledge(estimates=ESTIMATES, footprints=Footprints(), backend="cuda")
MODEL = ImageModel(signature="a", family="sd1", headers_mb={"text_encoders": 235, "diffusion": 1640, "vae": 160})
LLAMA_3_8B = KvShape(layers=32, kv_heads=8, key_length=128, value_length=128)
Q8_0 = 34 / 32
"""Bytes of one number: a block of 32 has a scale of two bytes."""


def phase(model: ImageModel, size: ImageSize, name: str) -> Phase:
    return next(each for each in image_need(model, size, KNOWLEDGE).phases if each.name == name)


@pytest.mark.parametrize(
    ("mitigations", "expected"),
    [
        ((), Amount(6200 + 3000)),
        (("text_encoders_on_cpu",), Amount(4200 + 3000, 2000 + 100)),
        (("vae_tiling",), Amount(6200 + 1000)),
        (("vae_on_cpu",), Amount(6000 + 1000, 200 + 3000)),
        (("vae_tiling", "vae_on_cpu"), Amount(6000 + 1000, 200 + 300)),
        (("weights_in_ram",), Amount(4000 + 1000, 6200)),
        (("weights_in_ram", "segmented_graph"), Amount(100 + 3000, 6200)),
        (("vae_tiling", "weights_in_ram", "segmented_graph"), Amount(400 + 1000, 6200)),
        (("segmented_graph",), Amount(6200 + 3000)),
    ],
)
def test_phases_follow_one_another_so_the_largest_counts(mitigations: list[Mitigation], expected: Amount) -> None:
    assert usage(image(), mitigations) == expected


def test_where_the_ram_is_the_device_moving_things_there_changes_nothing() -> None:
    assert usage_in_ram(image(), MITIGATIONS) == Amount(6200 + 1000)


@thoroughly
@given(situations(), st.sets(st.sampled_from(MITIGATIONS)))
def test_no_mitigation_ever_takes_more_of_the_device(situation: Situation, mitigations: set[Mitigation]) -> None:
    for each in MITIGATIONS:
        less = usage(situation.need, mitigations | {each}).device_mb
        assert less <= usage(situation.need, mitigations - {each}).device_mb


@pytest.mark.parametrize(
    ("shape", "context", "expected"),
    [
        (LLAMA_3_8B, 8192, 1 << 30),
        (KvShape(layers=28, kv_heads=4, key_length=128, value_length=128), 4096, 28 * 4 * 4096 * 512),
        (
            KvShape(layers=32, kv_heads=8, key_length=128, value_length=128, bytes_k=34 / 32, bytes_v=34 / 32),
            256,
            17_825_792,
        ),
        (KvShape(layers=2, kv_heads=1, key_length=192, value_length=128), 512, 2 * 512 * 2 * 320),
    ],
)
def test_the_kv_cache_has_its_exact_size(shape: KvShape, context: int, expected: int) -> None:
    assert kv_bytes(shape, context) == expected


def test_a_language_model_needs_weights_context_and_one_buffer() -> None:
    model = LanguageModel(signature="chat", family="llama", headers_mb={"language": 4700}, kv=LLAMA_3_8B, context=8192)
    need = language_need(model, KNOWLEDGE)
    assert need.context_mb == 1024
    assert usage(need) == Amount(400 + 4700 + 1024 + 400 + 512)
    assert usage(need, ["weights_in_ram"]) == Amount(400 + 512, 4700 + 1024 + 400 + 1024)


def test_a_decoder_is_estimated_by_the_engines_own_figure_and_a_tile_is_a_quarter_of_512() -> None:
    small, large = ImageSize(width=512, height=512), ImageSize(width=1024, height=1024)
    assert phase(MODEL, small, "decoding").compute_mb == pytest.approx(1664, rel=0.02)
    assert phase(MODEL, large, "decoding").compute_mb == pytest.approx(6656, rel=0.02)
    assert phase(MODEL, large, "decoding").tiled_mb == pytest.approx(416, rel=0.05)


def test_a_second_pass_samples_and_decodes_at_its_own_size() -> None:
    size, final = ImageSize(width=512, height=512, highres=2.0), ImageSize(width=1024, height=1024)
    assert phase(MODEL, size, "sampling") == phase(MODEL, ImageSize(width=512, height=512), "sampling")
    assert phase(MODEL, size, "highres").compute_mb == phase(MODEL, final, "sampling").compute_mb
    assert phase(MODEL, size, "decoding") == phase(MODEL, final, "decoding")


def test_frames_computed_at_once_need_as_much_as_so_many_pixels() -> None:
    four, one = ImageSize(width=512, height=512, batch=4), ImageSize(width=1024, height=1024)
    assert phase(MODEL, four, "sampling") == phase(MODEL, one, "sampling")


def test_smaller_sizes_keep_the_shape_go_down_in_the_models_step_and_drop_the_second_pass_first() -> None:
    size = ImageSize(width=512, height=256, highres=2.0)
    assert [each.name for each in smaller_sizes(MODEL, size, KNOWLEDGE, step=64, least=128)] == [
        "512 × 256 without highres",
        "448 × 256",
        "384 × 192",
        "320 × 128",
        "256 × 128",
        "192 × 128",
        "128 × 128",
    ]
