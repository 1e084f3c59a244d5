import hashlib
import io
import signal
from pathlib import Path

import pytest
from msgspec.structs import replace
from PIL import Image

from ddesk.protocol.messages import ImageMade, LoadModel, MakeImage, ModelLoadDone, Outcome, WorkCancelled, WorkFailed
from ddesk.supervision.notices import LossCause, WorkerConnected, WorkerGone
from ddesk.supervision.spec import WorkerSpec
from tests.supervised import FAKE, load, picture, supervised
from tests.workers.recording import RecordingDesk
from workers.fake import FakeRole

pytestmark = pytest.mark.quick


@pytest.fixture
def fake() -> FakeRole:
    fake = FakeRole({})
    fake.work(load(), RecordingDesk())
    return fake


def made(fake: FakeRole, work: MakeImage) -> tuple[ImageMade, Image.Image]:
    desk = RecordingDesk()
    fake.work(work, desk)
    assert isinstance(desk.last, ImageMade), desk.last
    opened = Image.open(io.BytesIO(desk.last_frame))
    opened.load()
    return desk.last, opened


def failure(fake: FakeRole, work: MakeImage | LoadModel) -> WorkFailed:
    desk = RecordingDesk()
    fake.work(work, desk)
    assert isinstance(desk.last, WorkFailed), desk.last
    return desk.last


def test_the_same_recipe_gives_the_same_pixels(fake: FakeRole) -> None:
    first, again = (made(fake, picture())[0] for _ in range(2))
    assert first.pixels_sha256 == again.pixels_sha256


@pytest.mark.parametrize("change", [{"seed": 8}, {"prompt": "a red house"}, {"negative_prompt": "blue"}])
def test_another_recipe_gives_other_pixels(fake: FakeRole, change: dict[str, object]) -> None:
    first, other = made(fake, picture())[0], made(fake, replace(picture(), **change))[0]
    assert first.pixels_sha256 != other.pixels_sha256


def test_a_picture_is_what_its_message_says(fake: FakeRole) -> None:
    message, opened = made(fake, replace(picture(), width=48, height=40, text={"parameters": "größe, 画"}))
    assert opened.size == (message.width, message.height) == (48, 40)
    assert hashlib.sha256(opened.convert("RGB").tobytes()).hexdigest() == message.pixels_sha256
    assert opened.info["parameters"] == "größe, 画"


def test_without_previews_it_shows_none(fake: FakeRole) -> None:
    desk = RecordingDesk()
    fake.work(replace(picture(steps=3), previews=False), desk)
    assert [type(message).__name__ for message, _ in desk.said] == ["Progress"] * 3 + ["ImageMade"]


def test_a_picture_needs_its_model() -> None:
    assert failure(FakeRole({}), picture()).code == "model_not_loaded"


def test_a_picture_needs_the_model_of_its_own_preset(fake: FakeRole) -> None:
    assert failure(fake, picture(preset="other")).code == "model_not_loaded"


@pytest.mark.parametrize(
    ("directive", "code"), [("fail", "engine_error"), ("blank", "blank_image"), ("blank-once", "blank_image")]
)
def test_it_fails_when_it_is_told_to(fake: FakeRole, directive: str, code: str) -> None:
    assert failure(fake, picture(f"a house {{{directive}}}")).code == code


def test_a_picture_that_is_blank_once_is_made_with_mitigations(fake: FakeRole) -> None:
    made(fake, replace(picture("{blank-once}"), mitigations=("vae_tiling",)))


def test_a_cancelled_picture_is_not_made(fake: FakeRole) -> None:
    desk = RecordingDesk("picture")
    fake.work(picture("{gate:/nowhere}"), desk)
    assert desk.last == WorkCancelled(work_id="picture")


def test_a_stubborn_one_makes_it_all_the_same(fake: FakeRole) -> None:
    desk = RecordingDesk("picture")
    fake.work(picture("{stubborn}"), desk)
    assert isinstance(desk.last, ImageMade)


def test_a_model_whose_file_is_missing_fails_to_load(tmp_path: Path) -> None:
    fake = FakeRole({})
    assert failure(fake, load(paths={"diffusion": str(tmp_path / "gone.gguf")})).code == "file_missing"
    assert fake.model_loaded() is None


def test_a_model_larger_than_its_device_fails_to_load() -> None:
    fake = FakeRole({"simulate_device_mb": "500", "simulate_weights_mb": "501"})
    assert failure(fake, load()).code == "out_of_memory"


def test_its_memory_report_adds_up() -> None:
    fake = FakeRole({"simulate_device_mb": "500", "simulate_weights_mb": "300"})
    assert fake.memory().allocated_mb == 0
    desk = RecordingDesk()
    fake.work(load(), desk)
    assert isinstance(desk.last, ModelLoadDone)
    report = fake.memory()
    assert (report.allocated_mb, report.free_mb, report.total_mb) == (300, 200, 500)


@pytest.mark.parametrize(
    ("directive", "cause", "number"),
    [
        ("crash", "unknown", signal.SIGSEGV),
        ("abort", "assertion", signal.SIGABRT),
        ("oom", "out_of_memory", signal.SIGABRT),
    ],
)
def test_it_dies_as_an_engine_does(directive: str, cause: LossCause, number: int) -> None:
    with supervised() as desk:
        desk.send("fake", load())
        desk.send("fake", picture(f"{{{directive}}}"))
        gone = desk.notices.next(WorkerGone)
    assert (gone.cause, gone.signal, gone.work_id) == (cause, number, "picture")


def test_a_picture_too_large_for_its_device_ends_it_unless_it_is_mitigated() -> None:
    options = {"simulate_device_mb": "1300", "simulate_weights_mb": "1024"}  # 512 × 512 takes 256 MiB, or half of that
    large = replace(picture(), width=640, height=640)
    with supervised(WorkerSpec("fake", FAKE.command, options)) as desk:
        desk.send("fake", load())
        desk.send("fake", replace(large, work_id="mitigated", mitigations=("vae_tiling",)))
        desk.notices.next_said(ImageMade, "mitigated")
        desk.send("fake", large)
        gone = desk.notices.next(WorkerGone)
    assert (gone.cause, gone.work_id) == ("out_of_memory", "picture")


def test_every_outcome_of_the_fake_ends_its_work_once(fake: FakeRole) -> None:
    for prompt in ("a house", "{fail}", "{blank}"):
        desk = RecordingDesk()
        fake.work(picture(prompt), desk)
        assert [isinstance(message, Outcome) for message, _ in desk.said].count(True) == 1


def test_it_tells_its_device_in_the_hello() -> None:
    with supervised(FAKE) as desk:
        desk.connected()
        assert desk.notices.of(WorkerConnected)[0].hello.device == "fake"
