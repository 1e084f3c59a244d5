"""What the doctor makes of what the probe found."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest

from ddesk.cli.doctor import _damaged, _engine_troubles, _processor_troubles
from ddesk.paths import DataDir
from ddesk.store.starter import StarterFile

pytestmark = pytest.mark.quick

OLD = {"devices": [{"kind": "cpu", "name": "Core i5-2450M", "avx2": False}]}
NEW = {"devices": [{"kind": "cpu", "name": "Xeon", "avx2": True}, {"kind": "gpu", "name": "Card", "avx2": None}]}
UNKNOWN = {"devices": [{"kind": "cpu", "name": "M1", "avx2": None}]}


def engine(*, info: str = "", problem: str = "") -> dict[str, Any]:
    return {"engines": [{"name": "stable-diffusion.cpp", "system_info": info, "problem": problem}]}


FOR_AVX2 = engine(info="CPU : SSE3 = 1 | AVX = 1 | AVX2 = 1 | F16C = 1")
FOR_THIS_ONE = engine(info="CPU : SSE3 = 1 | AVX = 1")


@pytest.mark.parametrize("engines", [FOR_AVX2, None], ids=["says so", "ended before it could"])
def test_an_old_processor_is_told_where_the_engines_need_a_newer_one(engines: Any) -> None:
    (found,) = _processor_troubles(OLD, engines)
    assert found.code == "no_avx2"
    assert "Core i5-2450M" in found.words
    assert "uv run ddesk" in found.advice


@pytest.mark.parametrize(
    ("devices", "engines"),
    [(OLD, FOR_THIS_ONE), (NEW, FOR_AVX2), (NEW, None), (UNKNOWN, FOR_AVX2), (None, None)],
    ids=["built here", "new", "new, engines lost", "unknown", "probe lost"],
)
def test_nothing_is_told_of_a_processor_that_may_do(devices: Any, engines: Any) -> None:
    assert list(_processor_troubles(devices, engines)) == []


@pytest.mark.parametrize(
    ("problem", "code", "advice"),
    [
        ("libgomp.so.1: cannot open shared object file: No such file or directory", "missing_library", "libgomp1"),
        ("invalid ELF header", "engine_broken", "Install the desk again."),
    ],
)
def test_an_engine_that_can_not_be_loaded_is_told_with_what_to_do(problem: str, code: str, advice: str) -> None:
    (found,) = _engine_troubles(engine(problem=problem))
    assert found.code == code
    assert advice in found.advice


def test_a_file_that_is_not_as_it_came_with_the_desk_is_told_and_one_that_is_not_there_yet_is_not(
    tmp_path: Path,
) -> None:
    data, whole = DataDir(tmp_path), b"larger"
    sha256 = hashlib.sha256(whole).hexdigest()
    file = StarterFile(part="upscaler", packed="up.xz", name="esrgan/starter.safetensors", size=6, sha256=sha256)
    path = data.models / file.name

    async def codes() -> list[str]:
        return [each.code async for each in _damaged(data, [file])]

    assert asyncio.run(codes()) == []
    path.parent.mkdir(parents=True)
    for content, told in ((whole, []), (b"Larger", ["bad_model_file"]), (b"large", ["bad_model_file"])):
        path.write_bytes(content)
        assert asyncio.run(codes()) == told
