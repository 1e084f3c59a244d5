"""A starter made by the same scripts as the real one, in a minute or two: the engine takes it and makes a picture."""

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from build.web import ROOT
from ddesk.store import starter
from tests.build.starter.apart import HASTY, needs_jax
from tests.workers.image.host import Host, picture
from tests.workers.image.upscaling import apart, enlarged
from workers.image.frame import Frame

pytestmark = [needs_jax, pytest.mark.timeout(900)]

STEPS = ["text", "autoencoder", "sketch", "draft", "transformer", "distil", "upscaler", "export"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command leaves there."""
    folder = tmp_path_factory.mktemp("starter")
    command = [sys.executable, "-m", "build.starter.image", *STEPS, "--recipe", "micro", "--folder", str(folder)]
    # The draft is as large as the sketch, and need not be compiled again.
    kept = {"JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    subprocess.run(command, cwd=ROOT, env=HASTY | kept, check=True)
    return folder / "micro"


@pytest.fixture(scope="module")
def paths(folder: Path) -> Mapping[str, str]:
    models = folder / "models"
    return {file.part: str(models / file.name) for file in starter.unpack(folder / "defaults", models)}


def test_the_engine_makes_a_picture_with_it(paths: Mapping[str, str]) -> None:
    with Host() as host:
        host.load(dict(paths))
        made = host.do(picture(prompt="a red circle", steps=2, cfg=1.0))
    with Image.open(io.BytesIO(made.file)) as image:
        assert image.size == (64, 64)


def test_the_engine_makes_pictures_larger_with_it(folder: Path, paths: Mapping[str, str]) -> None:
    (upscaler,) = starter.manifest(folder / "defaults").besides
    with apart() as pool:
        made = pool.submit(enlarged, folder / "models" / upscaler.name, [Frame(16, 8, bytes(16 * 8 * 3))]).result()
    assert made is not None
    assert [(frame.width, frame.height) for frame in made] == [(32, 16)]


def test_the_manifest_has_the_hashes_of_the_files(folder: Path, paths: Mapping[str, str]) -> None:
    described = {file.part: file.sha256 for file in starter.manifest(folder / "defaults").files}
    assert described == {part: hashlib.sha256(Path(path).read_bytes()).hexdigest() for part, path in paths.items()}


def test_the_log_says_what_was_run(folder: Path) -> None:
    notes = [json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]
    begun = [note for note in notes if note["what"] == "begun"]
    assert [note["step"] for note in begun] == STEPS
    assert all(note["recipe"]["latents"] == 12 and note["packages"]["jax"] for note in begun)
    assert [note["step"] for note in notes if note["what"] == "done"] == [note["step"] for note in begun]
