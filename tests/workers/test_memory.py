from types import SimpleNamespace

import psutil
import pynvml
import pytest

from workers import memory

pytestmark = pytest.mark.quick

MIB = 1 << 20


class Card:
    def __init__(self, name: str, used: dict[int, int | None], free: int, total: int) -> None:
        self.name, self.used, self.free, self.total = name, used, free, total


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> list[Card]:
    """The graphics cards of a machine, as its driver tells of them."""
    cards: list[Card] = []
    told = {
        "nvmlInit": lambda: None,
        "nvmlDeviceGetCount": lambda: len(cards),
        "nvmlDeviceGetHandleByIndex": lambda index: cards[index],
        "nvmlDeviceGetName": lambda card: card.name,
        "nvmlDeviceGetMemoryInfo": lambda card: SimpleNamespace(free=card.free * MIB, total=card.total * MIB),
        "nvmlDeviceGetComputeRunningProcesses": lambda card: [
            SimpleNamespace(pid=pid, usedGpuMemory=used if used is None else used * MIB)
            for pid, used in card.used.items()
        ],
    }
    for name, answer in told.items():
        monkeypatch.setattr(pynvml, name, answer)
    memory._nvml_devices.cache_clear()
    return cards


@pytest.fixture(autouse=True)
def forget_devices() -> object:
    yield
    memory._nvml_devices.cache_clear()


def test_without_a_gpu_it_is_the_process_s_share_of_the_ram() -> None:
    report = memory.measure(gpu=False)
    assert report.device == "cpu"
    assert report.allocated_mb == report.rss_mb > 0
    assert report.total_mb == psutil.virtual_memory().total / MIB


def test_without_a_gpu_no_driver_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: pytest.fail("the driver was asked"))
    memory.measure(gpu=False)


def test_a_machine_without_a_driver_falls_back_to_its_ram(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_driver() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", no_driver)
    memory._nvml_devices.cache_clear()
    assert memory.measure(gpu=True).device == "cpu"


def test_a_machine_with_a_driver_and_no_card_falls_back_to_its_ram(cards: list[Card]) -> None:
    assert memory.measure(gpu=True).device == "cpu"


def test_on_a_gpu_it_is_this_process_s_part_of_the_card(cards: list[Card]) -> None:
    mine, others = psutil.Process().pid, 1
    cards.append(Card("RTX", {others: 5000, mine: 300}, free=2000, total=8000))
    report = memory.measure(gpu=True)
    assert (report.device, report.allocated_mb, report.free_mb, report.total_mb) == ("RTX", 300, 2000, 8000)


def test_of_several_cards_it_is_the_one_that_this_process_uses(cards: list[Card]) -> None:
    cards.append(Card("idle", {}, free=8000, total=8000))
    cards.append(Card("busy", {psutil.Process().pid: 300}, free=2000, total=8000))
    assert memory.measure(gpu=True).device == "busy"


def test_a_driver_that_does_not_tell_by_process_leaves_nothing_to_this_one(cards: list[Card]) -> None:
    cards.append(Card("RTX", {psutil.Process().pid: None}, free=2000, total=8000))
    assert memory.measure(gpu=True).allocated_mb == 0


def test_a_card_that_falls_off_the_bus_falls_back_to_the_ram(
    cards: list[Card], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(_card: Card) -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)

    cards.append(Card("RTX", {}, free=1, total=1))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", lost)
    assert memory.measure(gpu=True).device == "cpu"
