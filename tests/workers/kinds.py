"""The kinds of worker that the contract suite runs over."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace
from PIL import Image

from ddesk.protocol.messages import LoadModel, MakeImage, MakeThumbnail, Work
from ddesk.supervision.spec import WorkerSpec
from tests.starter_model import starter_paths
from tests.supervised import load, picture
from tests.workers.image.host import picture as image_picture


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of worker. Its name is also that of its module.

    Each callable gets a folder of the test's own and the work id. `work` succeeds, and its outcome has a frame of more
    than 2,000 bytes; `load` is needed before it, where the kind has models. `long_work` goes on for minutes unless it
    is stopped, and speaks of its progress. `previewed` succeeds too, and shows different previews for a second or more.
    """

    name: str
    work: Callable[[Path, str], Work]
    load: Callable[[Path, str], LoadModel] | None = None
    long_work: Callable[[Path, str], Work] | None = None
    previewed: Callable[[Path, str], Work] | None = None
    options: dict[str, str] = {}
    marks: tuple[pytest.MarkDecorator, ...] = (pytest.mark.quick,)

    @property
    def spec(self) -> WorkerSpec:
        return WorkerSpec(self.name, (sys.executable, "-m", f"workers.{self.name}"), self.options)


def _thumbnail(folder: Path, work_id: str) -> MakeThumbnail:
    path = folder / "picture.png"
    Image.effect_noise((256, 256), 100).save(path)
    return MakeThumbnail(work_id=work_id, path=str(path), side=256)


def _picture(_folder: Path, work_id: str) -> MakeImage:
    return replace(picture(work_id=work_id), text={"parameters": "a blue robot" * 200})


KINDS = (
    Kind(
        name="fake",
        load=lambda _folder, work_id: load(work_id=work_id),
        work=_picture,
        long_work=lambda folder, work_id: picture(f"{{gate:{folder / 'never'}}}", work_id=work_id),
        previewed=lambda _folder, work_id: picture(work_id=work_id, steps=200),
        options={"step_seconds": "0.02"},
    ),
    Kind(name="media", work=_thumbnail, marks=()),
    Kind(
        name="image",
        load=lambda _folder, work_id: load(work_id=work_id, preset="starter", paths=starter_paths()),
        work=lambda _folder, work_id: image_picture(work_id=work_id, steps=8),
        long_work=lambda _folder, work_id: image_picture(work_id=work_id, steps=500, width=256, height=256),
        previewed=lambda _folder, work_id: image_picture(work_id=work_id, steps=8),
        options={"can_abort": "1"},
        marks=(),
    ),
)
"""To have the suite run over another kind, add its entry here (marked as slow as it is) and nothing else."""


def params(*, which: Callable[[Kind], object] = lambda _: True) -> list[object]:
    """For `pytest.mark.parametrize("kind", …)`: the kinds for which `which` holds."""
    return [pytest.param(kind, id=kind.name, marks=kind.marks) for kind in KINDS if which(kind)]
