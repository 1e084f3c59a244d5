"""The probe as the desk asks it: a process, a question, one JSON document."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.tensor_files import header


def ask(*question: str, stdin: bytes = b"") -> Any:
    (answer,) = answers(*question, stdin=stdin)
    return answer


def answers(*question: str, stdin: bytes = b"") -> list[Any]:
    asked = subprocess.run(
        [sys.executable, "-m", "workers.probe", *question], input=stdin, capture_output=True, timeout=120, check=True
    )
    return [json.loads(line) for line in asked.stdout.splitlines()]


@pytest.mark.quick
def test_devices_are_the_processor_and_what_cards_there_are() -> None:
    answer = ask("devices")
    assert answer["devices"][0]["kind"] == "cpu"
    for device in answer["devices"]:
        assert device["name"]
        assert 0 < device["free_mb"] <= device["total_mb"]
    assert bool(answer["words"]) == (len(answer["devices"]) == 1)


@pytest.mark.quick
def test_a_model_is_described(starter: dict[str, str]) -> None:
    flux = ask("models", stdin=json.dumps([starter["diffusion"]]).encode())
    assert (flux["ok"], flux["kind"], flux["family"], flux["parts"]) == (True, "flux", "flux", ["diffusion"])
    path = Path(starter["diffusion"])
    assert (flux["size"], flux["tensors"]) == (path.stat().st_size, len(header(path)))
    assert flux["parameters"] == sum(flux["dtypes"][dtype] // size for dtype, size in (("F16", 2), ("F32", 4)))


@pytest.mark.quick
def test_several_models_are_described_and_a_bad_one_spoils_no_other(starter: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + bytes(3))
    paths = [str(tmp_path / "bad.gguf"), starter["clip_l"]]
    bad, good = answers("models", stdin=json.dumps(paths).encode())
    assert [bad["path"], good["path"]] == paths
    assert (bad["ok"], bad["problems"][0]["code"], good["ok"]) == (False, "damaged", True)


def test_engines_tell_their_version_backends_and_library() -> None:
    engines = {engine["name"]: engine for engine in ask("engines")["engines"]}
    assert engines.keys() == {"stable-diffusion.cpp", "llama.cpp"}
    for engine in engines.values():
        assert not engine["problem"]
        assert engine["version"]
        assert "CPU" in engine["backends"]
        assert engine["library_sha256"] == hashlib.sha256(Path(engine["library"]).read_bytes()).hexdigest()


def test_an_engine_whose_library_is_broken_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "libstable-diffusion.so"
    broken.write_bytes(b"\x7fELF and no more")
    monkeypatch.setenv("STABLE_DIFFUSION_CPP_LIB", str(broken))
    image, language = ask("engines")["engines"]
    assert "can't be loaded" in image["problem"]
    assert not language["problem"]


def can_abort(starter: Mapping[str, str]) -> Any:
    return ask("abort", *(text for part, path in starter.items() for text in ("--file", part, path)))


def test_this_build_of_the_engine_can_be_stopped(starter: dict[str, str]) -> None:
    """The image worker stops running pictures by what one version of the engine looks like in memory: this pins it."""
    answer = can_abort(starter)
    assert answer["can_abort"], answer["why"]


def test_without_the_starter_model_it_is_not_known_to_stop(starter: dict[str, str], tmp_path: Path) -> None:
    answer = can_abort({part: str(tmp_path / Path(path).name) for part, path in starter.items()})
    assert not answer["can_abort"]
    assert "starter" in answer["why"]
