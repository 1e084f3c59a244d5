"""What the probe says of the processor, by texts of real ones, and of graphics cards, with a driver that is made up."""

from pathlib import Path
from types import SimpleNamespace

import pynvml
import pytest

from workers.probe.devices import devices, has_avx2

pytestmark = pytest.mark.quick

CPUINFO = Path(__file__).with_name("cpuinfo")


@pytest.mark.parametrize(
    ("processor", "expected"), [("xeon-2023", True), ("core-2011", False), ("raspberry-pi", None), ("none", None)]
)
def test_avx2_is_read_from_the_flags(processor: str, expected: bool | None) -> None:
    file = CPUINFO / f"{processor}.txt"
    assert has_avx2(file.read_text() if file.exists() else "") is expected


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A driver with two cards."""
    answers = {
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlSystemGetDriverVersion": lambda: "600.1",
        "nvmlDeviceGetCount": lambda: 2,
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetName": lambda card: f"Card {card}",
        "nvmlDeviceGetMemoryInfo": lambda card: SimpleNamespace(total=(8 + card) << 30, free=(6 + card) << 30),
    }
    for name, answer in answers.items():
        monkeypatch.setattr(pynvml, name, answer)
    return monkeypatch


def test_each_card_is_told_with_its_own_memory(driver: pytest.MonkeyPatch) -> None:
    found = devices()
    cards = found.devices[1:]
    assert [(card.kind, card.name, card.total_mb, card.free_mb, card.driver) for card in cards] == [
        ("gpu", "Card 0", 8192, 6144, "600.1"),
        ("gpu", "Card 1", 9216, 7168, "600.1"),
    ]
    assert not found.words


def test_a_driver_that_fails_half_way_is_told_and_the_processor_stays(driver: pytest.MonkeyPatch) -> None:
    def fail(card: int) -> object:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)

    driver.setattr(pynvml, "nvmlDeviceGetMemoryInfo", fail)
    found = devices()
    assert [device.kind for device in found.devices] == ["cpu"]
    assert "lost" in found.words.lower()
