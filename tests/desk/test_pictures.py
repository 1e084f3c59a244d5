"""From a sentence to a picture, through the API, by the real engine."""

import io
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from tests.desk_process import DeskProcess

PROMPT = "a red circle on a yellow background"


@pytest.fixture(scope="module")
def circle(first_desk: DeskProcess) -> Any:
    """The generation of Must show 1, made once for this module."""
    return first_desk.finished(first_desk.request(PROMPT, seed=7, width=128, height=128, steps=14))


def file_of(desk: DeskProcess, image_id: str) -> bytes:
    return desk.http.get(f"/api/images/{image_id}/file").raise_for_status().content


def pixels_of(desk: DeskProcess, image_id: str) -> bytes:
    return Image.open(io.BytesIO(file_of(desk, image_id))).convert("RGB").tobytes()


def hue(pixel: tuple[int, int, int]) -> str:
    red, green, blue = pixel
    if red > 150 and green > 130 and blue < 130:
        return "yellow"
    return "red" if red > 130 and green < 110 and blue < 110 else "other"


def test_it_shows_what_was_asked_for(first_desk: DeskProcess, circle: Any) -> None:
    picture = Image.open(io.BytesIO(file_of(first_desk, circle["images"][0]))).convert("RGB")
    assert picture.size == (128, 128)
    hues = Counter(hue(picture.getpixel((x, y))) for x in range(128) for y in range(128))  # type: ignore[arg-type]
    assert hues["yellow"] > 128 * 128 / 2
    centre = Counter(hue(picture.getpixel((x, y))) for x in range(54, 74) for y in range(54, 74))  # type: ignore[arg-type]
    assert centre["red"] > 200


def test_the_file_carries_its_parameters(first_desk: DeskProcess, circle: Any) -> None:
    text = Image.open(io.BytesIO(file_of(first_desk, circle["images"][0]))).info
    assert text["parameters"].startswith(f"{PROMPT}\nSteps: 14, Sampler: Euler,")
    assert "Seed: 7, Size: 128x128" in text["parameters"]
    assert json.loads(text["ddesk"])["recipe"]["steps"] == 14


def test_the_same_seed_gives_the_same_pixels(first_desk: DeskProcess, circle: Any) -> None:
    again = first_desk.finished(first_desk.request(PROMPT, seed=7, width=128, height=128, steps=14))
    first, second = circle["images"][0], again["images"][0]
    assert first != second
    assert pixels_of(first_desk, first) == pixels_of(first_desk, second)


DIRECTLY = """
import json, sys
import stable_diffusion_cpp as sd
recipe, paths, prompt = json.load(sys.stdin)
model = sd.StableDiffusion(
    diffusion_model_path=paths["diffusion"], clip_l_path=paths["clip_l"], taesd_path=paths["taesd"],
    vae_decode_only=True,
)
image = model.generate_image(
    prompt=prompt, negative_prompt="", seed=recipe["seed"], width=recipe["width"], height=recipe["height"],
    sample_steps=recipe["steps"], cfg_scale=recipe["cfg"], guidance=recipe["guidance"],
    sample_method=recipe["sampler"], scheduler=recipe["sigma_schedule"],
)[0]
sys.stdout.buffer.write(image.convert("RGB").tobytes())
"""


def test_the_bare_engine_makes_the_same_pixels_of_the_recorded_recipe(first_desk: DeskProcess, circle: Any) -> None:
    events = first_desk.get(f"/api/events?after=0&stream=generation-{circle['id']}")["items"]
    requested = events[0]["data"]
    recipe = requested["recipe"]
    paths = {file["part"]: str(first_desk.data / "models" / file["name"]) for file in recipe["model_files"]}
    given = json.dumps([recipe, paths, requested["resolved_prompt"]])
    done = subprocess.run(
        [sys.executable, "-c", DIRECTLY], input=given.encode(), stdout=subprocess.PIPE, check=True, timeout=120
    )
    own = pixels_of(first_desk, circle["images"][0])
    assert done.stdout[-len(own) :] == own


def test_the_worker_runs_the_engines_own_library(first_desk: DeskProcess, circle: Any) -> None:
    maps = psutil.Process(first_desk.worker()["pid"]).memory_maps()
    assert any("libstable-diffusion" in Path(each.path).name for each in maps)


def test_its_story_is_told_from_the_request_to_the_end(first_desk: DeskProcess, circle: Any) -> None:
    events = first_desk.get(f"/api/events?after=0&stream=generation-{circle['id']}")["items"]
    assert [each["type"] for each in events] == [
        "GenerationRequested",
        "GenerationStarted",
        "ImageGenerated",
        "GenerationCompleted",
    ]
    assert [each["version"] for each in events] == [1, 2, 3, 4]
    assert {each["actor"] for each in events} == {"api:tests", "desk"}
    assert len({each["correlation_id"] for each in events}) == 1
    assert [each["causation"] for each in events[1:]] == [each["position"] for each in events[:-1]]
    assert set(events[0]) >= {"position", "type", "stream", "version", "actor", "recorded_at", "data"}


def test_it_is_listed_with_its_file_and_its_thumbnail(first_desk: DeskProcess, circle: Any) -> None:
    image_id = circle["images"][0]
    first_desk.until("ImageThumbnailMade", stream=f"image-{image_id}")
    listed = first_desk.get("/api/images?limit=500")["items"]
    found = next(each for each in listed if each["id"] == image_id)
    assert found["recipe"]["prompt"] == PROMPT
    thumbnail = first_desk.http.get(found["thumbnail"]).raise_for_status()
    assert thumbnail.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(thumbnail.content)).size == (128, 128)


def test_the_thumbnail_is_made_by_a_job(first_desk: DeskProcess, circle: Any) -> None:
    image_id = circle["images"][0]
    first_desk.until("ImageThumbnailMade", stream=f"image-{image_id}")
    job = next(each for each in first_desk.get("/api/jobs?limit=500")["items"] if each["subject"] == image_id)
    assert (job["kind"], job["status"]) == ("thumbnail", "completed")


def test_it_goes_from_queued_to_running_to_completed_with_progress_and_previews(first_desk: DeskProcess) -> None:
    first_desk.until("ModelLoaded")
    with first_desk.live() as live:
        live.until_type("ready")
        id_ = first_desk.request("a blue robot at night", seed=3, steps=6)
        live.until_event("GenerationRequested", stream=f"generation-{id_}")
        live.until_event("GenerationStarted", stream=f"generation-{id_}")
        progress = live.until_type("progress")
        live.until_event("GenerationCompleted", stream=f"generation-{id_}")
    assert progress["generation"] == id_
    previews = {message[36:] for message in live.previews if message[:36] == id_.encode()}
    assert len(previews) >= 2
    assert all(Image.open(io.BytesIO(jpeg)).format == "JPEG" for jpeg in previews)
    assert first_desk.generation(id_)["status"] == "completed"


def test_a_batch_is_the_seeds_one_after_the_other(first_desk: DeskProcess) -> None:
    batch = first_desk.finished(first_desk.request(seed=20, batch=2))
    alone = first_desk.finished(first_desk.request(seed=21))
    assert len(batch["images"]) == 2
    assert pixels_of(first_desk, batch["images"][1]) == pixels_of(first_desk, alone["images"][0])


def test_the_same_id_again_is_the_same_generation(first_desk: DeskProcess) -> None:
    id_ = "test-same-id"
    first_desk.request(seed=1, id=id_)
    first_desk.request(seed=1, id=id_)
    first_desk.finished(id_)
    assert first_desk.story(id_).count("GenerationRequested") == 1


def test_a_file_that_was_moved_away_is_noticed_and_found_again(first_desk: DeskProcess) -> None:
    made = first_desk.finished(first_desk.request(seed=5))
    image_id = made["images"][0]
    path = next((first_desk.data / "images").rglob(f"{image_id}.png"))
    content = path.read_bytes()
    path.unlink()
    answer = first_desk.http.get(f"/api/images/{image_id}/file")
    assert (answer.status_code, answer.json()["code"]) == (404, "image_missing")
    assert first_desk.get(f"/api/images/{image_id}")["missing"]
    path.write_bytes(content)
    assert file_of(first_desk, image_id) == content
    assert not first_desk.get(f"/api/images/{image_id}")["missing"]
