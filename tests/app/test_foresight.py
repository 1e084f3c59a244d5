"""What doesn't fit is said, with what would, and a worker's own memory is there for its next picture."""

from collections.abc import Callable, Iterator, Sequence

import apsw
import pytest
from msgspec.structs import replace

from ddesk.app import machine
from ddesk.app.foresight import Foresight, Outlook
from ddesk.app.image_needs import ImageNeeds
from ddesk.app.memory import DeviceMemory
from ddesk.bootstrap import estimates
from ddesk.domain.memory import Component
from ddesk.domain.needs import ImageSize
from ddesk.domain.placement import Plan
from ddesk.events.generation import ModelFile
from ddesk.events.preset import ImagePreset
from ddesk.projections.footprints import Footprints
from ddesk.supervision.notices import WorkerStatus
from tests.app.planning import GPU, image_worker, made_up_planner
from tests.domain.samples import PRESET

pytestmark = pytest.mark.quick


@pytest.fixture
def read_models() -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    for statement in Footprints.schema:
        connection.execute(statement)
    yield connection
    connection.close()


class Foreseeing:
    def __init__(
        self,
        read_models: apsw.Connection,
        statuses: Callable[[], Sequence[WorkerStatus]],
        simulated_mb: float | None = None,
    ) -> None:
        planner = made_up_planner(statuses, simulated_mb)
        self._foresight = Foresight(planner, ImageNeeds(read_models, estimates()))

    def outlook(self, preset: ImagePreset, width: int, height: int) -> Outlook:
        return self._foresight.outlook("toy", preset, width, height)

    def plan(self, width: int, height: int) -> Plan:
        return self.outlook(PRESET, width, height).plan


def test_a_size_that_does_not_fit_comes_with_one_that_does(read_models: apsw.Connection) -> None:
    made = Foreseeing(read_models, lambda: [image_worker(0, 1600)])
    large = made.plan(4096, 4096)
    assert not large.fits
    assert large.usage.device_mb > large.available.device_mb
    assert large.would_fit is not None
    width, _, height = large.would_fit.name.partition(" × ")
    assert made.plan(int(width), int(height)).fits
    assert made.plan(128, 128).would_fit is None


def test_what_would_have_to_give_is_said_before(read_models: apsw.Connection) -> None:
    roomy = Foreseeing(read_models, lambda: [image_worker(0, 6000)])
    assert roomy.plan(256, 256).mitigations == ()
    found = roomy.plan(1024, 1024)
    assert found.fits
    assert "vae_tiling" in found.mitigations
    assert {each.rung for each in found.steps if each.verdict == "taken"} == set(found.mitigations)


def test_weights_are_those_of_the_files_headers_where_they_are_known(read_models: apsw.Connection) -> None:
    exact: dict[Component, float] = {"diffusion": 1000.0, "text_encoders": 300.0, "vae": 20.0}
    size = ImageSize(width=64, height=64)
    known = ImageNeeds(read_models, estimates(), lambda preset: exact if preset == PRESET else None)
    assert known.need(PRESET, size, "cuda").weights_mb == exact
    by_size = sum(file.size for file in PRESET.model_files) / (1 << 20)
    unknown = ImageNeeds(read_models, estimates(), lambda _: None)
    assert sum(unknown.need(PRESET, size, "cuda").weights_mb.values()) == pytest.approx(by_size)


def test_where_nothing_fits_nothing_is_named(read_models: apsw.Connection) -> None:
    found = Foreseeing(read_models, lambda: [image_worker(0, 10)]).plan(512, 512)
    assert (found.fits, found.would_fit) == (False, None)


def test_what_the_worker_holds_is_its_own_to_use(read_models: apsw.Connection) -> None:
    found = Foreseeing(read_models, lambda: [image_worker(1500, 500)]).plan(64, 64)
    assert (found.device, found.total_mb, found.available.device_mb) == (GPU, 8192, 2000)


def test_a_device_is_as_large_as_someone_says(read_models: apsw.Connection) -> None:
    found = Foreseeing(read_models, lambda: [image_worker(1500, 5000)], simulated_mb=3000).plan(64, 64)
    assert (found.total_mb, found.free_mb, found.available.device_mb) == (3000, 1500, 3000)


def test_before_any_worker_is_there_the_machine_is_the_device(
    read_models: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    ram = DeviceMemory(device="cpu", allocated_mb=0, free_mb=900, total_mb=1000, desk_mb=50)
    monkeypatch.setattr(machine, "device_memory", lambda _: ram)
    found = Foreseeing(read_models, list).plan(64, 64)
    assert (found.device, found.available.device_mb) == ("cpu", 900)


def test_a_heavy_model_learns_nothing_from_a_tiny_one_of_its_family(read_models: apsw.Connection) -> None:
    read_models.execute(
        "insert into footprint values (9, 'tiny', 'tiny', ?, 'CUDA', 0.01, '[]', ?, 0, ?, 200)",
        (PRESET.family, '{"diffusion_model": 4.0}', '{"flux": 5.0, "vae": 3.0, "clip": 1.0}'),
    )
    made = Foreseeing(read_models, lambda: [image_worker(0, 6000)])

    def of_weight(mib: int) -> ImagePreset:
        return replace(PRESET, model_files=(ModelFile("diffusion", "a.safetensors", mib << 20, f"{mib:0<64}"),))

    assert made.outlook(of_weight(6000), 512, 512).measured == 0
    assert made.outlook(of_weight(5), 512, 512).measured == 1


def test_a_model_learns_from_the_same_one_in_twice_its_precision(read_models: apsw.Connection) -> None:
    read_models.execute(
        "insert into footprint values (9, 'half', 'half', ?, 'CUDA', 0.01, '[]', ?, 0, ?, 200)",
        (PRESET.family, '{"diffusion_model": 3.98}', '{"flux": 5.0, "vae": 3.0, "clip": 1.0}'),
    )
    made = Foreseeing(read_models, lambda: [image_worker(0, 6000)])
    whole = replace(PRESET, model_files=(ModelFile("diffusion", "f32.safetensors", 8 << 20, "f" * 64),))
    assert made.outlook(whole, 512, 512).measured == 1
