"""The starter model on its way into a data directory."""

import hashlib
import lzma
import os
from pathlib import Path

import msgspec
import pytest

from ddesk import paths
from ddesk.store import starter

pytestmark = pytest.mark.quick

FILES = {"diffusion": b"transformer" * 100, "clip_l": b"words" * 100}


@pytest.fixture
def defaults(tmp_path: Path) -> Path:
    """A starter of two small files, packed and described as the real one is."""
    folder = tmp_path / "defaults" / "starter"
    folder.mkdir(parents=True)
    real = msgspec.json.decode((paths.defaults() / "starter" / "manifest.json").read_bytes())
    real["files"], real["besides"] = [_packed(folder, part, content) for part, content in FILES.items()], []
    (folder / "manifest.json").write_bytes(msgspec.json.encode(real))
    return folder.parent


def _packed(folder: Path, part: str, content: bytes) -> dict[str, str | int]:
    (folder / f"{part}.xz").write_bytes(lzma.compress(content))
    digest = hashlib.sha256(content).hexdigest()
    return {"part": part, "packed": f"{part}.xz", "name": f"parts/{part}", "size": len(content), "sha256": digest}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def test_unpacking_writes_each_file_and_tells_its_size_and_hash(defaults: Path, models: Path) -> None:
    files = starter.unpack(defaults, models)
    assert {file.part: (models / file.name).read_bytes() for file in files} == FILES
    assert {file.part: file.sha256 for file in files} == {
        part: hashlib.sha256(content).hexdigest() for part, content in FILES.items()
    }
    assert [file.size for file in files] == [len(content) for content in FILES.values()]


def test_what_comes_besides_is_unpacked_too_and_is_not_the_presets(defaults: Path, models: Path) -> None:
    folder = defaults / "starter"
    described = msgspec.json.decode((folder / "manifest.json").read_bytes())
    described["besides"] = [_packed(folder, "upscaler", b"larger" * 100)]
    (folder / "manifest.json").write_bytes(msgspec.json.encode(described))
    assert {file.part for file in starter.unpack(defaults, models)} == FILES.keys()
    assert (models / "parts" / "upscaler").read_bytes() == b"larger" * 100


def test_a_second_call_reads_no_shipped_file_and_writes_nothing(defaults: Path, models: Path) -> None:
    first = starter.unpack(defaults, models)
    before = {file.name: (models / file.name).stat() for file in first}
    for packed in (defaults / "starter").glob("*.xz"):
        packed.unlink()
    assert starter.unpack(defaults, models) == first
    assert {file.name: (models / file.name).stat().st_ino for file in first} == {
        name: stat.st_ino for name, stat in before.items()
    }


@pytest.mark.parametrize("damage", ["shorter", "same size", "missing", "empty"])
def test_a_file_that_was_damaged_is_repaired(defaults: Path, models: Path, damage: str) -> None:
    starter.unpack(defaults, models)
    path = models / "parts" / "diffusion"
    whole = path.read_bytes()
    match damage:
        case "shorter":
            path.write_bytes(whole[:-1])
        case "same size":
            path.write_bytes(b"X" + whole[1:])
        case "missing":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
    starter.unpack(defaults, models)
    assert path.read_bytes() == whole


def test_a_file_that_was_only_touched_is_not_written_again(defaults: Path, models: Path) -> None:
    starter.unpack(defaults, models)
    path = models / "parts" / "clip_l"
    os.utime(path)
    inode = path.stat().st_ino
    starter.unpack(defaults, models)
    assert path.stat().st_ino == inode
    (file,) = (file for file in starter.manifest(defaults).files if file.part == "clip_l")
    assert path.stat().st_mtime == starter.found_whole_at(file)


def test_a_later_starters_file_of_the_same_size_takes_the_earlier_ones_place(defaults: Path, models: Path) -> None:
    starter.unpack(defaults, models)
    later = {part: content[::-1] for part, content in FILES.items()}
    manifest = defaults / "starter" / "manifest.json"
    described = msgspec.json.decode(manifest.read_bytes())
    described["files"] = [_packed(manifest.parent, part, content) for part, content in later.items()]
    manifest.write_bytes(msgspec.json.encode(described))
    files = starter.unpack(defaults, models)
    assert {file.part: (models / file.name).read_bytes() for file in files} == later


def test_an_unpacking_that_was_killed_is_done_again(
    defaults: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            starter.unpack(defaults, models)
    assert not (models / "parts" / "diffusion").exists()
    starter.unpack(defaults, models)
    assert (models / "parts" / "diffusion").read_bytes() == FILES["diffusion"]


@pytest.mark.parametrize("damage", [b"not xz at all", lzma.compress(b"something else")])
def test_a_damaged_program_is_told_in_words_and_leaves_no_file(defaults: Path, models: Path, damage: bytes) -> None:
    (defaults / "starter" / "diffusion.xz").write_bytes(damage)
    with pytest.raises(ValueError, match=r"diffusion\.xz .* install it again"):
        starter.unpack(defaults, models)
    assert not (models / "parts" / "diffusion").exists()


def test_what_ships_is_what_the_manifest_says() -> None:
    folder = paths.defaults() / "starter"
    about = starter.manifest(paths.defaults())
    assert {file.part for file in about.files} == {"diffusion", "clip_l", "taesd"}
    for file in about.all_files:
        content = lzma.decompress((folder / file.packed).read_bytes())
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size, file.sha256)


def test_what_ships_is_small() -> None:
    assert sum(path.stat().st_size for path in (paths.defaults() / "starter").iterdir()) <= 12_000_000
