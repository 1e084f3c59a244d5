"""What the probe says that the engine will keep of a model's files is what the engine says that it keeps."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ddesk.domain import model_set
from ddesk.domain.memory import MIB, Component
from ddesk.protocol.messages import ModelLoadDone
from tests.workers.image.host import Host
from tests.workers.probe.describing import described
from tests.workers.probe.making import Shapes, gguf_of, safetensors
from workers.probe import files
from workers.probe.header import Tensor

EXACT = 0.02
_ENGINES: Mapping[Component, str] = {
    "text_encoders": "text_encoders",
    "diffusion": "diffusion_model",
    "vae": "vae",
}
_IN_A_FULL_MODEL = {"diffusion": "model.diffusion_model.", "clip_l": "text_encoders.clip_l.transformer."}


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Host() as host:
        yield host


def tensors(path: str) -> Mapping[str, Tensor]:
    return files.read(Path(path)).tensors


def shapes(path: str, prefix: str = "") -> Shapes:
    return {prefix + name: tensor.shape for name, tensor in tensors(path).items()}


def compare(host: Host, paths: Mapping[str, str]) -> None:
    """By component, and in all."""
    loaded = host.load(dict(paths)).outcome
    assert isinstance(loaded, ModelLoadDone), loaded
    foretold = model_set.weights({part: described(Path(path)) for part, path in paths.items()})
    for component, name in _ENGINES.items():
        assert foretold[component] / MIB == pytest.approx(loaded.weights_mb[name], rel=EXACT), component
    assert sum(foretold.values()) / MIB == pytest.approx(sum(loaded.weights_mb.values()), rel=EXACT)


def test_the_starter_weighs_what_its_headers_say(host: Host, starter: dict[str, str]) -> None:
    compare(host, starter)


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16", "F64", "F8_E4M3"])
@pytest.mark.parametrize("part", ["diffusion", "clip_l", "taesd"])
def test_so_does_safetensors_in_any_format(
    host: Host, starter: dict[str, str], tmp_path: Path, part: str, dtype: str
) -> None:
    path = safetensors(tmp_path / "model.safetensors", shapes(starter[part]), dtype)
    compare(host, {**starter, part: str(path)})


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16", "Q8_0", "Q5_1", "Q4_0", "Q4_K", "Q6_K"])
@pytest.mark.parametrize("part", ["diffusion", "clip_l"])
def test_so_does_gguf_in_any_format(host: Host, starter: dict[str, str], tmp_path: Path, part: str, dtype: str) -> None:
    path = gguf_of(tmp_path / "model.gguf", shapes(starter[part]), dtype)
    compare(host, {**starter, part: str(path)})


def test_so_does_a_full_model_by_its_components(host: Host, starter: dict[str, str], tmp_path: Path) -> None:
    within = {part: shapes(starter[part], prefix) for part, prefix in _IN_A_FULL_MODEL.items()}
    path = safetensors(tmp_path / "full.safetensors", {**within["diffusion"], **within["clip_l"]})
    compare(host, {"model": str(path), "taesd": starter["taesd"]})
