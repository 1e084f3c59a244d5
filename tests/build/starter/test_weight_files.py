"""The engine's file formats, read back by the probe's own readers."""

from pathlib import Path

import numpy as np
import pytest

from build.starter.image import weight_files
from build.starter.image.arrays import Floats
from build.starter.image.weight_files import Tensor
from workers.probe import gguf, safetensors
from workers.probe.header import Header

pytestmark = pytest.mark.quick


@pytest.fixture
def matrix() -> Floats:
    return np.random.default_rng(0).normal(size=(6, 64)).astype(np.float32)


def read_gguf(path: Path, content: bytes) -> Header:
    path.write_bytes(content)
    with path.open("rb") as file:
        return gguf.read(path, file, len(content))


def eight_bits_read(tensor: Tensor) -> Floats:
    """As ggml defines Q8_0: a scale in half precision and 32 whole numbers."""
    blocks = np.frombuffer(tensor.content, np.uint8).reshape(-1, 34)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    return (scales * blocks[:, 2:].copy().view(np.int8)).reshape(tensor.shape)


def test_safetensors_keep_matrices_in_half_precision_and_the_rest_in_full(tmp_path: Path, matrix: Floats) -> None:
    bias = matrix[0] + 1e-6
    content = weight_files.safetensors({"one.weight": matrix, "one.bias": bias})
    path = tmp_path / "file"
    path.write_bytes(content)
    with path.open("rb") as file:
        header = safetensors.read(path, file, len(content))
    found = {name: (tensor.dtype, tensor.shape) for name, tensor in header.tensors.items()}
    assert found == {"one.weight": ("F16", (6, 64)), "one.bias": ("F32", (64,))}
    assert content.endswith(bias.tobytes() + matrix.astype(np.float16).tobytes())


def test_gguf_tells_architecture_types_and_shapes(tmp_path: Path, matrix: Floats) -> None:
    tensors = {
        "full": weight_files.full(matrix[:, :3]),
        "eight": weight_files.eight_bits(matrix),
        "nought": weight_files.nought((2, 512)),
    }
    header = read_gguf(tmp_path / "file", weight_files.gguf("clip", tensors))
    assert header.metadata == {"general.architecture": "clip"}
    found = {name: (tensor.dtype, tensor.shape, tensor.size) for name, tensor in header.tensors.items()}
    assert found == {
        "full": ("F32", (6, 3), 72),
        "eight": ("Q8_0", (6, 64), 12 * 34),
        "nought": ("Q2_K", (2, 512), 4 * 84),
    }


def test_eight_bits_are_off_by_half_a_step_at_most(matrix: Floats) -> None:
    matrix[0] = 0
    steps = np.abs(matrix.reshape(-1, 32)).max(1, keepdims=True) / 127
    off = np.abs(eight_bits_read(weight_files.eight_bits(matrix)) - matrix).reshape(-1, 32)
    assert (off <= 0.5 * steps + 0.05 * steps).all()
    assert off[:2].max() == 0


@pytest.mark.parametrize(
    "make", [lambda: weight_files.eight_bits(np.ones((2, 40), np.float32)), lambda: weight_files.nought((2, 40))]
)
def test_rows_that_do_not_divide_into_blocks_are_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match="don't divide into blocks"):
        make()
