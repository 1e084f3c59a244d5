"""What is remembered of memory: by preset and backend, the newest, and only what can be learned from."""

import apsw
import pytest
from msgspec.structs import replace

from ddesk.events.envelope import NewEvent
from ddesk.events.preset import ImagePresetCreated, ImagePresetEdited
from ddesk.events.worker import ModelLoaded
from ddesk.projections import footprints
from ddesk.projections.runner import Runner
from ddesk.store.connection import open_database
from tests.domain.samples import COMPLETED, LORA, PRESET, RECIPE, REQUESTED, made, started
from tests.projections.conftest import Desk, rows

pytestmark = pytest.mark.quick

WEIGHTS = {"diffusion_model": 4.0, "vae": 2.0}
BUFFERS = {"flux": 5.0, "taesd": 30.0}


@pytest.fixture
def runner(desk: Desk) -> Runner:
    """A preset and its model, loaded."""
    runner = desk.open()
    desk.tell(runner, NewEvent(f"image_preset-{RECIPE.preset_id}", ImagePresetCreated(content=PRESET)))
    loaded = ModelLoaded(pid=1, preset_id=RECIPE.preset_id, seconds=1, weights_mb=WEIGHTS)
    desk.tell(runner, NewEvent("worker-image", loaded))
    return runner


def a_picture(desk: Desk, runner: Runner, id_: str, peak_mb: float, buffers: dict[str, float] = BUFFERS) -> None:
    generated = replace(made(0), image_id=f"image-{id_}", peak_mb=peak_mb, buffers_mb=buffers)
    for event in (REQUESTED, started(mitigations=("vae_tiling",)), generated, COMPLETED):
        desk.tell(runner, NewEvent(f"generation-{id_}", event))


def reader(runner: Runner) -> apsw.Connection:
    return open_database(runner.path, "read-reader")


def test_a_picture_is_remembered_with_all_that_its_size_in_memory_comes_from(desk: Desk, runner: Runner) -> None:
    a_picture(desk, runner, "a", 200)
    (row,) = footprints.measured(reader(runner))
    assert row.position == footprints.newest(reader(runner))
    assert (row.family, row.backend, row.settings) == (PRESET.family, "cpu", ("vae_tiling",))
    assert row.megapixels == RECIPE.width * RECIPE.height / 1e6
    assert (row.weights_mb, row.buffers_mb, row.peak_mb) == (WEIGHTS, BUFFERS, 200)
    assert row.signature == footprints.signature(RECIPE.model_files)
    runner.close()


def test_loras_count_and_make_another_set_of_files(desk: Desk, runner: Runner) -> None:
    recipe = replace(RECIPE, loras=(LORA,))
    generated = replace(made(0), image_id="image-a", peak_mb=200, buffers_mb=BUFFERS)
    for event in (replace(REQUESTED, recipe=recipe), started(), generated):
        desk.tell(runner, NewEvent("generation-a", event))
    (row,) = footprints.measured(reader(runner))
    assert row.loras_mb == 3.0
    assert row.signature == footprints.signature(RECIPE.model_files, [LORA])
    assert row.signature != footprints.signature(RECIPE.model_files)
    runner.close()


def test_only_the_newest_are_kept(desk: Desk, runner: Runner) -> None:
    for number in range(footprints.KEPT + 3):
        a_picture(desk, runner, f"g{number}", 100 + number)
    assert [row.peak_mb for row in footprints.measured(reader(runner))] == list(range(103, 103 + footprints.KEPT))
    runner.close()


def test_what_was_not_measured_teaches_nothing(desk: Desk, runner: Runner) -> None:
    a_picture(desk, runner, "a", 0)
    a_picture(desk, runner, "b", 200, {})
    assert footprints.measured(reader(runner)) == []
    assert footprints.newest(reader(runner)) == 0
    runner.close()


def test_an_earlier_family_stays_that_of_earlier_pictures(desk: Desk, runner: Runner) -> None:
    a_picture(desk, runner, "a", 200)
    other = ImagePresetEdited(content=replace(PRESET, family="other"))
    desk.tell(runner, NewEvent(f"image_preset-{RECIPE.preset_id}", other))
    a_picture(desk, runner, "b", 200)
    assert [row.family for row in footprints.measured(reader(runner))] == [PRESET.family, "other"]
    runner.close()


def test_what_is_finished_is_not_watched_any_more_and_a_rebuild_gives_the_same(desk: Desk, runner: Runner) -> None:
    for number in range(footprints.KEPT + 2):
        a_picture(desk, runner, f"g{number}", 100 + number)
    assert reader(runner).execute("select count(*) from making").get == 0
    runner.close()
    before = rows(runner.path)
    runner.path.unlink()
    again = desk.open()
    again.close()
    assert rows(again.path) == before
