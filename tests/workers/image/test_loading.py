"""Loading models with the real engine: good files, and those that it refuses without dying."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ddesk.protocol.messages import LoadModel, ModelLoadDone, ModelSpec, ModelUnloadDone, UnloadModel, WorkFailed
from tests.tensor_files import not_numbers
from tests.workers.image.host import Host, picture


@pytest.fixture(scope="module")
def empty_host() -> Iterator[Host]:
    with Host() as host:
        yield host


def _failure(host: Host, paths: dict[str, str], options: tuple[str, ...] = ()) -> WorkFailed:
    model = ModelSpec(preset_id="broken", paths=paths, options=options)
    outcome = host.do(LoadModel(work_id="load", model=model)).outcome
    assert isinstance(outcome, WorkFailed)
    return outcome


def test_a_load_tells_its_progress_and_what_each_component_weighs(empty_host: Host, starter: dict[str, str]) -> None:
    loading = empty_host.load(starter)
    assert isinstance(loading.outcome, ModelLoadDone)
    assert loading.outcome.weights_mb.keys() == {"text_encoders", "diffusion_model", "vae"}
    assert 70 < loading.outcome.weights_mb["text_encoders"] < 77
    assert {progress.phase for progress in loading.progress} == {"loading"}
    assert loading.progress[-1].step == loading.progress[-1].steps > 0


def test_the_model_that_is_loaded_already_is_kept(empty_host: Host, starter: dict[str, str]) -> None:
    first = empty_host.load(starter)
    again = empty_host.load(starter)
    assert not again.progress
    assert isinstance(first.outcome, ModelLoadDone)
    assert again.outcome == msgspec.structs.replace(first.outcome, seconds=0.0)


def test_a_file_that_is_no_model_is_told_with_the_engines_words_and_another_loads_after_it(
    empty_host: Host, starter: dict[str, str], tmp_path: Path
) -> None:
    broken = tmp_path / "story.safetensors"
    broken.write_text("Once upon a time\n" * 1000)
    failed = _failure(empty_host, starter | {"diffusion": str(broken)})
    assert failed.code == "bad_model_file"
    assert "story.safetensors" in failed.detail
    assert isinstance(empty_host.load(starter).outcome, ModelLoadDone)
    assert empty_host.do(picture(steps=1)).made.seed == 7


@pytest.mark.parametrize("text_encoder", ["none", "of another kind"])
def test_a_model_that_would_die_at_its_first_picture_for_want_of_a_text_encoder_is_not_loaded(
    empty_host: Host, starter: dict[str, str], tmp_path: Path, text_encoder: str
) -> None:
    story = tmp_path / "story.gguf"
    story.write_text("Once upon a time\n" * 1000)
    clip = {} if text_encoder == "none" else {"clip_l": str(story)}
    failed = _failure(empty_host, {"diffusion": starter["diffusion"], "taesd": starter["taesd"]} | clip)
    assert failed.code == "bad_model_file"
    assert empty_host.do(picture(preset_id="broken")).outcome == WorkFailed(
        work_id="picture", code="model_not_loaded", words="The model that this picture needs is not loaded."
    )


def test_a_file_that_is_not_there_is_named(empty_host: Host, starter: dict[str, str], tmp_path: Path) -> None:
    failed = _failure(empty_host, starter | {"clip_l": str(tmp_path / "gone.gguf")})
    assert failed.code == "file_missing"
    assert "gone.gguf" in failed.words


@pytest.mark.parametrize(
    ("part", "option", "words"),
    [("soul", None, "soul"), (None, "warp_drive", "warp_drive"), ("diffusion", None, "no model file")],
)
def test_parts_and_options_that_the_engine_lacks_are_refused(
    empty_host: Host, starter: dict[str, str], part: str | None, option: str | None, words: str
) -> None:
    paths = {"clip_l": starter["clip_l"]} if part == "diffusion" else starter | ({part: "x"} if part else {})
    failed = _failure(empty_host, paths, (option,) if option else ())
    assert failed.code == "invalid_work"
    assert words in failed.words


def test_after_a_failed_load_no_model_is_loaded(empty_host: Host, starter: dict[str, str]) -> None:
    empty_host.load(starter)
    _failure(empty_host, {"soul": "x"})
    unloaded = empty_host.do(UnloadModel(work_id="unload")).outcome
    assert unloaded == ModelUnloadDone(work_id="unload", preset_id=None)


def test_a_model_whose_weights_are_not_numbers_gives_a_blank_image_and_not_a_black_picture(
    empty_host: Host, starter: dict[str, str], tmp_path: Path
) -> None:
    broken = tmp_path / "nan.safetensors"
    shutil.copyfile(starter["diffusion"], broken)
    not_numbers(broken, "img_in.weight")
    empty_host.load(starter | {"diffusion": str(broken)})
    outcome = empty_host.do(picture()).outcome
    assert isinstance(outcome, WorkFailed)
    assert outcome.code == "blank_image"
