"""LoRAs in the real engine: what they change, and that nothing of them is left."""

import math
from pathlib import Path

import pytest

from ddesk.protocol.messages import LoraSpec, WorkFailed
from tests.workers.image.host import Host, picture
from tests.workers.loras import lora


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(lora(tmp_path_factory.mktemp("loras") / "mine.safetensors"))


def _pixels(host: Host, *loras: LoraSpec) -> str:
    return host.do(picture(loras=loras)).made.pixels_sha256


def test_it_changes_the_picture_by_its_strength_and_leaves_the_model_as_it_was(host: Host, mine: str) -> None:
    plain = _pixels(host)
    whole, half = _pixels(host, LoraSpec(mine, 1.0)), _pixels(host, LoraSpec(mine, 0.5))
    assert len({plain, whole, half}) == 3
    assert _pixels(host, LoraSpec(mine, 1.0)) == whole
    assert _pixels(host) == plain


def test_one_that_changes_nothing_is_told_instead_of_passed_over(host: Host, tmp_path: Path) -> None:
    foreign = lora(tmp_path / "foreign.safetensors", "lora_unet_elsewhere")
    failed = host.do(picture(loras=(LoraSpec(str(foreign), 1.0),))).outcome
    assert isinstance(failed, WorkFailed)
    assert (failed.code, failed.words) == (
        "bad_model_file",
        "The LoRA foreign.safetensors changes nothing in this model: it was made for another.",
    )


def test_one_that_is_not_there_is_named(host: Host, tmp_path: Path) -> None:
    failed = host.do(picture(loras=(LoraSpec(str(tmp_path / "gone.safetensors"), 1.0),))).outcome
    assert isinstance(failed, WorkFailed)
    assert failed.code == "file_missing"
    assert "gone.safetensors" in failed.words


@pytest.mark.parametrize("strength", [math.nan, math.inf, 11.0, -11.0])
def test_an_absurd_strength_is_refused(host: Host, mine: str, strength: float) -> None:
    failed = host.do(picture(loras=(LoraSpec(mine, strength),))).outcome
    assert isinstance(failed, WorkFailed)
    assert failed.code == "invalid_work"
