"""Pictures made larger by the real engine, with the upscaler that ships."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat
from stable_diffusion_cpp import stable_diffusion_cpp as binding

from tests.starter_model import starter_paths, starter_upscaler
from tests.workers.image.upscaling import apart, enlarged
from workers.image.frame import Frame
from workers.image.upscaler import UpscaleFailed, Upscaler


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with apart() as pool:
        yield pool


def gradient(width: int, height: int) -> Frame:
    """From dark to light, and from red to blue."""
    red, blue = (Image.linear_gradient("L").rotate(turned).resize((width, height)) for turned in (0, 90))
    image = Image.merge("RGB", (red, Image.new("L", (width, height), 96), blue))
    return Frame(width, height, image.tobytes())


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean one, of 255."""
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


@pytest.mark.parametrize(("width", "height"), [(24, 16), (9, 13), (136, 24)])
def test_a_picture_of_any_size_gets_twice_as_wide_and_high_and_stays_what_it_was(
    pool: ProcessPoolExecutor, width: int, height: int
) -> None:
    given = gradient(width, height)
    made = pool.submit(enlarged, starter_upscaler(), [given, given]).result()
    assert made is not None
    assert [(frame.width, frame.height) for frame in made] == [(2 * width, 2 * height)] * 2
    assert made[0] == made[1]
    assert difference(made[0].image(), given.image().resize((2 * width, 2 * height))) < 8


def _lacking_a_tensor(whole: bytes) -> bytes:
    return whole.replace(b'"conv_hr.bias"', b'"conv_hx.bias"', 1)


def _of_another_shape(whole: bytes) -> bytes:
    return whole.replace(b'"shape": [64, 64, 3, 3]', b'"shape": [64, 64, 9, 1]', 1)


@pytest.mark.parametrize(
    "damaged", [lambda _: b"Once upon a time\n" * 1000, lambda _: b"", _lacking_a_tensor, _of_another_shape]
)
def test_a_file_that_is_no_upscaler_is_an_error_and_another_loads_after_it(
    pool: ProcessPoolExecutor, tmp_path: Path, damaged: Callable[[bytes], bytes]
) -> None:
    whole = starter_upscaler().read_bytes()
    path = tmp_path / "broken.safetensors"
    path.write_bytes(damaged(whole))
    assert path.read_bytes() != whole
    assert pool.submit(enlarged, path, []).result() is None
    assert pool.submit(enlarged, starter_upscaler(), []).result() == []


def test_another_kind_of_model_and_a_file_that_is_not_there_are_errors(
    pool: ProcessPoolExecutor, tmp_path: Path
) -> None:
    for path in (Path(starter_paths()["taesd"]), tmp_path / "gone.safetensors"):
        assert pool.submit(enlarged, path, []).result() is None


def test_no_picture_from_the_engine_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binding, "upscale", lambda *_: binding.sd_image_t())
    made = Upscaler(starter_upscaler(), threads=1)
    with pytest.raises(UpscaleFailed):
        made.upscale(gradient(8, 8))
    made.close()


def test_it_tells_how_much_larger_and_may_be_closed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    freed: list[object] = []
    monkeypatch.setattr(binding, "free_upscaler_ctx", freed.append)
    made = Upscaler(starter_upscaler(), threads=1)
    assert made.times == 2
    made.close()
    made.close()
    assert len(freed) == 1
