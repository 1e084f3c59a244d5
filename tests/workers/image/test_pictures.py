"""The image role with the real engine and the starter model."""

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from ddesk.protocol.messages import UnloadModel, WorkCancelled, WorkFailed
from tests.workers.image.host import Host, Moment, Transcript, picture
from workers.image import library

_BARE_CALL = Path(__file__).with_name("bare_call.py")


def _image(transcript: Transcript) -> Image.Image:
    return Image.open(io.BytesIO(transcript.file))


def _mean(image: Image.Image, box: tuple[int, int, int, int]) -> tuple[int, ...]:
    mean = image.convert("RGB").crop(box).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(mean, tuple)
    return tuple(int(channel) for channel in mean)


@pytest.fixture(scope="module")
def red_circle(host: Host) -> Transcript:
    """As the starter's defaults make it."""
    return host.do(picture(width=128, height=128, steps=14, text={"parameters": "Steps: 14", "ddesk": '{"é": "日"}'}))


def test_the_prompt_decides_what_is_seen(red_circle: Transcript) -> None:
    image = _image(red_circle)
    assert image.size == (128, 128)
    red, green, blue = _mean(image, (52, 52, 76, 76))
    assert red > 150
    assert max(green, blue) < 100
    corners = [
        _mean(image, box) for box in ((0, 0, 20, 20), (108, 0, 128, 20), (0, 108, 20, 128), (108, 108, 128, 128))
    ]
    assert all(red > 180 and green > 150 and blue < 110 for red, green, blue in corners), corners


def test_the_file_is_an_rgb_png_with_its_text_and_the_pixels_that_were_told(red_circle: Transcript) -> None:
    image = _image(red_circle)
    assert (image.format, image.mode) == ("PNG", "RGB")
    assert image.info["parameters"] == "Steps: 14"
    assert json.loads(image.info["ddesk"]) == {"é": "日"}
    assert hashlib.sha256(image.tobytes()).hexdigest() == red_circle.made.pixels_sha256


def test_progress_tells_its_phases_in_order_and_counts_every_step(red_circle: Transcript) -> None:
    told = [(progress.phase, progress.step, progress.steps) for progress in red_circle.progress]
    assert told == [
        ("encoding", 0, 1),
        *(("sampling", step, 14) for step in range(15)),
        ("decoding", 0, 1),
        ("saving", 0, 1),
    ]
    paces = [progress.seconds_per_step for progress in red_circle.progress if progress.phase == "sampling"]
    assert paces[0] == 0
    assert min(paces[1:]) > 0


def test_at_least_two_different_previews_show_the_picture_before_it_is_done(red_circle: Transcript) -> None:
    frames = [frame for _, frame in red_circle.previews]
    assert len(set(frames)) >= 2
    for frame in frames:
        red, green, blue = _mean(Image.open(io.BytesIO(frame)), (52, 52, 76, 76))
        assert red > green + 50
        assert red > blue + 50
    steps = [preview.step for preview, _ in red_circle.previews]
    assert steps == sorted(set(steps))
    assert steps[-1] < 14


def test_without_previews_the_pixels_are_the_same(host: Host) -> None:
    with_previews, without = host.do(picture()), host.do(picture(previews=False))
    assert with_previews.previews
    assert not without.previews
    assert with_previews.made.pixels_sha256 == without.made.pixels_sha256


def test_memory_is_measured_by_component(red_circle: Transcript) -> None:
    assert {"clip", "flux", "taesd"} <= red_circle.made.buffers_mb.keys()
    assert red_circle.made.buffers_mb["taesd"] > 10
    assert red_circle.made.peak_mb > 100


@pytest.mark.parametrize(
    "changes", [{}, {"sampler": "default", "sigma_schedule": "default", "negative_prompt": "blue"}]
)
def test_the_same_seed_gives_the_pixels_of_a_bare_call_in_another_process(
    host: Host, starter: dict[str, str], changes: dict[str, str]
) -> None:
    work = picture(**changes)
    recipe = {
        "prompt": work.prompt,
        "negative_prompt": work.negative_prompt,
        "seed": work.seed,
        "sample_steps": work.steps,
        "cfg_scale": work.cfg,
        "guidance": work.guidance,
        "sample_method": work.sampler,
        "scheduler": work.sigma_schedule,
        "width": work.width,
        "height": work.height,
    }
    command = [sys.executable, str(_BARE_CALL), json.dumps(starter), json.dumps(recipe)]
    bare = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert bare.stdout.split()[-1] == host.do(work).made.pixels_sha256


def test_another_seed_gives_other_pixels(host: Host) -> None:
    assert host.do(picture(seed=8)).made.pixels_sha256 != host.do(picture()).made.pixels_sha256


def test_the_work_is_done_by_the_engines_library(host: Host) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells what a process has mapped")
    assert "libstable-diffusion.so" in Path(f"/proc/{host.pid}/maps").read_text()


@pytest.mark.parametrize("moment", [Moment("sampling", 2), Moment("decoding"), Moment("encoding")], ids=str)
def test_a_cancel_stops_the_picture_and_leaves_the_model_as_it_was(host: Host, moment: Moment) -> None:
    undisturbed = host.do(picture())
    cancelled = host.do(picture(work_id="cancelled", steps=100 if moment.phase == "sampling" else 3), cancel_at=moment)
    assert cancelled.outcome == WorkCancelled(work_id="cancelled")
    assert len([progress for progress in cancelled.progress if progress.phase == "sampling"]) <= 5
    assert host.do(picture()).made.pixels_sha256 == undisturbed.made.pixels_sha256


def test_where_stopping_was_not_verified_a_cancelled_picture_is_finished(starter: dict[str, str]) -> None:
    with Host(can_abort=False) as host:
        host.load(starter)
        assert host.do(picture(), cancel_at=Moment("sampling", 1)).made.seed == 7


@pytest.mark.parametrize(
    "prompt",
    ["", "a\0b", "日本語 🤖 é", "((((a (blue:1.5) [robot] \\( BREAK (:::) ", "red cat " * 200, "half a pair \ud83d"],
    ids=["empty", "nul", "unicode", "brackets", "long", "surrogate"],
)
def test_no_prompt_ends_the_process(host: Host, prompt: str) -> None:
    assert host.do(picture(prompt=prompt, negative_prompt=prompt, steps=1)).made.width == 64


def test_tiling_makes_a_picture_too(host: Host) -> None:
    transcript = host.do(picture(mitigations=("vae_tiling",)))
    assert transcript.made.width == 64
    assert not transcript.previews


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"width": 100_000, "height": 100_000}, "width"),
        ({"width": 65, "height": 100}, "width"),
        ({"height": 56}, "height"),
        ({"cfg": float("nan")}, "cfg"),
        ({"guidance": float("inf")}, "guidance"),
        ({"steps": 0}, "steps"),
        ({"steps": 100_000}, "steps"),
        ({"seed": -1}, "seed"),
        ({"seed": 1 << 63}, "seed"),
        ({"sampler": "sample_method_count"}, "sampler"),
        ({"sigma_schedule": "zzz"}, "sigma schedule"),
        ({"mitigations": ("prayer",)}, "prayer"),
        ({"prompt": "x" * 20_000}, "20,000 characters"),
        ({"prompt": "a robot <lora:wrong-shape:1>"}, "<lora:wrong-shape:1>"),
        ({"negative_prompt": "<LoRA:a:b>"}, "negative prompt"),
    ],
)
def test_what_the_engine_would_die_of_is_refused_in_words(host: Host, changes: dict[str, object], words: str) -> None:
    outcome = host.do(picture(**changes)).outcome
    assert isinstance(outcome, WorkFailed)
    assert outcome.code == "invalid_work"
    assert words in outcome.words


def test_a_picture_of_a_model_that_is_not_loaded_is_refused(host: Host) -> None:
    outcome = host.do(picture(preset_id="another")).outcome
    assert isinstance(outcome, WorkFailed)
    assert outcome.code == "model_not_loaded"


def test_every_sampler_and_sigma_schedule_that_the_engine_names_makes_a_picture(host: Host) -> None:
    choices: list[dict[str, object]] = [{"sampler": sampler} for sampler in library.samplers()]
    choices += [{"sigma_schedule": schedule} for schedule in library.sigma_schedules() if schedule != "ays"]
    for choice in choices:
        assert host.do(picture(**choice, steps=2, cfg=1.0, previews=False)).made.width == 64, choice


def test_a_sigma_schedule_of_other_models_is_told_and_not_called_a_blank_picture(host: Host) -> None:
    outcome = host.do(picture(sigma_schedule="ays")).outcome
    assert isinstance(outcome, WorkFailed)
    assert outcome.code == "invalid_work"
    assert "ays" in outcome.words


def test_samplers_that_add_noise_do(host: Host) -> None:
    ancestral, plain = host.do(picture(sampler="euler_a")), host.do(picture(sampler="euler"))
    assert ancestral.made.pixels_sha256 != plain.made.pixels_sha256


def test_an_unload_gives_the_memory_back(starter: dict[str, str]) -> None:
    with Host() as host:
        before = host.memory().allocated_mb
        host.load(starter)
        loaded = host.memory().allocated_mb
        host.do(UnloadModel(work_id="unload"))
        after = host.memory().allocated_mb
    assert loaded > before + 60
    assert after < loaded - 60


def test_what_a_picture_takes_in_memory_does_not_depend_on_those_before_it(starter: dict[str, str]) -> None:
    """Else the planner learns of one picture what another left behind."""
    with Host() as host:
        host.load(starter)
        first = host.do(picture()).made.peak_mb
        rests_at = host.memory().rss_mb
        assert host.do(picture(width=256, height=256)).made.peak_mb > first + 100
        again = min(host.do(picture()).made.peak_mb for _ in range(3))  # on a busy machine one may take more by chance
        assert abs(again - first) < 5
        assert abs(host.memory().rss_mb - rests_at) < 5
