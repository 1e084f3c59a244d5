"""How good the upscaler is said to be, and that what ships is better than what needs no network."""

import pytest
from PIL import Image

from build.starter.image import comparison
from build.starter.image.comparison import Row
from tests.starter_model import starter_upscaler
from tests.workers.image.upscaling import apart


def plain(level: int) -> Image.Image:
    return Image.new("RGB", (8, 8), (level, level, level))


@pytest.mark.quick
def test_the_more_alike_the_more_decibels() -> None:
    assert comparison.likeness(plain(100), plain(101)) == pytest.approx(48.13, abs=0.01)  # 20 log10(255)
    assert comparison.likeness(plain(0), plain(255)) == 0
    assert comparison.likeness(plain(7), plain(7)) == float("inf")


@pytest.mark.quick
def test_the_table_has_every_way_beside_the_upscaler() -> None:
    row = Row(64, "box", 100, {"bicubic": 31.051, "Lanczos": 31.5, "upscaler": 35.126}, 1.234)
    assert comparison.table([row]).splitlines() == [
        "| size | made small by | pictures | bicubic | Lanczos | upscaler | seconds a picture |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| 64 × 64 → 128 × 128 | box | 100 | 31.05 dB | 31.50 dB | 35.13 dB | 1.23 |",
    ]


def test_what_ships_beats_the_ways_that_need_no_network() -> None:
    with apart() as pool:
        rows = pool.submit(comparison.rows, starter_upscaler(), 4, {64: 1.0}).result()
    assert [(row.side, row.reduced) for row in rows] == [(64, "box"), (64, "bicubic")]
    for row in rows:
        assert row.decibels["upscaler"] > max(row.decibels["bicubic"], row.decibels["Lanczos"]) + 1
