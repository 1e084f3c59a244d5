"""What ships is what was exported."""

import hashlib
import lzma
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from build.starter.image import export
from build.starter.image.export import Settings, Taken
from ddesk.paths import defaults
from ddesk.store import starter
from ddesk.store.starter import Starter, StarterFile

pytestmark = pytest.mark.quick
PARTS = {"diffusion": b"transformer" * 100, "clip_l": b"words" * 100, "taesd": b"pixels" * 100}
OTHER_PARTS = {part: content[::-1] for part, content in PARTS.items()}
SETTINGS = Settings(steps=3, cfg=1.5)


def exported(folder: Path, parts: Mapping[str, bytes] = PARTS, edition: int = 1) -> Starter:
    return export.write(parts, SETTINGS, edition, folder, preset=0)


def test_the_desk_unpacks_what_was_exported_and_the_manifest_has_its_hashes(tmp_path: Path) -> None:
    made = exported(tmp_path)
    assert {file.part: file.sha256 for file in made.files} == {
        part: hashlib.sha256(content).hexdigest() for part, content in PARTS.items()
    }
    assert starter.manifest(tmp_path) == made
    unpacked = starter.unpack(tmp_path, tmp_path / "models")
    assert {file.part: (tmp_path / "models" / file.name).read_bytes() for file in unpacked} == PARTS


def test_what_else_the_preset_says_and_the_folders_stay_as_they_are(tmp_path: Path) -> None:
    ships, made = starter.manifest(defaults()), exported(tmp_path)
    assert (made.preset.defaults.steps, made.preset.defaults.cfg) == (3, 1.5)
    defaults_before = replace(ships.preset.defaults, steps=3, cfg=1.5)
    assert made.preset == replace(ships.preset, defaults=defaults_before)
    assert [(file.part, file.packed, Path(file.name).parent) for file in made.files] == [
        (file.part, file.packed, Path(file.name).parent) for file in ships.files
    ]


@pytest.mark.parametrize(("edition", "mark"), [(1, ""), (2, "-2"), (13, "-13")])
def test_each_edition_has_names_of_its_own(tmp_path: Path, edition: int, mark: str) -> None:
    assert [file.name for file in exported(tmp_path, edition=edition).files] == [
        f"diffusion_models/starter{mark}.safetensors",
        f"text-encoder/starter{mark}-clip_l.gguf",
        f"vae/starter{mark}-tae.safetensors",
    ]


def test_what_ships_is_what_its_export_would_write(tmp_path: Path) -> None:
    ships = starter.manifest(defaults())
    parts = {file.part: content_of(file) for file in ships.files}
    best = Settings(steps=ships.preset.defaults.steps, cfg=ships.preset.defaults.cfg)
    made = export.write(parts, best, ships.edition, tmp_path, preset=0)
    assert replace(made, besides=ships.besides) == ships
    export.ship(tmp_path, copy_of_what_ships(tmp_path / "shipped"))
    written = tmp_path / "shipped" / "starter" / export.MANIFEST
    assert written.read_bytes() == (defaults() / "starter" / export.MANIFEST).read_bytes()


def content_of(file: StarterFile) -> bytes:
    return lzma.decompress((defaults() / "starter" / file.packed).read_bytes())


def copy_of_what_ships(folder: Path) -> Path:
    """Its manifest alone."""
    (folder / "starter").mkdir(parents=True)
    manifest = (defaults() / "starter" / export.MANIFEST).read_bytes()
    (folder / "starter" / export.MANIFEST).write_bytes(manifest)
    return folder


def test_the_next_edition_ships_and_what_comes_besides_stays(tmp_path: Path) -> None:
    shipped, made = tmp_path / "shipped", tmp_path / "made"
    upscaler = StarterFile(part="upscaler", packed="up.xz", name="esrgan/starter.safetensors", size=1, sha256="ab" * 32)
    with_besides = replace(exported(shipped), besides=(upscaler,))
    (shipped / "starter" / export.MANIFEST).write_bytes(msgspec.json.encode(with_besides))
    (shipped / "starter" / "up.xz").write_bytes(b"larger")
    exported(made, OTHER_PARTS, edition=2)
    export.ship(made, shipped)
    assert starter.manifest(shipped) == replace(starter.manifest(made), besides=(upscaler,))
    for file in starter.manifest(shipped).files:
        assert lzma.decompress((shipped / "starter" / file.packed).read_bytes()) == OTHER_PARTS[file.part]
    assert (shipped / "starter" / "up.xz").read_bytes() == b"larger"


def test_what_was_made_alone_ships_beside_the_preset_as_it_is(tmp_path: Path) -> None:
    ships, made = starter.manifest(defaults()), exported(tmp_path / "made", {"upscaler": b"larger" * 100}, edition=9)
    (upscaler,) = made.besides
    assert replace(made, besides=ships.besides) == ships
    assert upscaler.sha256 == hashlib.sha256(b"larger" * 100).hexdigest()
    starter.unpack(tmp_path / "made", tmp_path / "models")
    assert (tmp_path / "models" / upscaler.name).read_bytes() == b"larger" * 100
    shipped = copy_of_what_ships(tmp_path / "shipped")
    with pytest.raises(Taken, match=f"{upscaler.name}.* or the manifest another name"):
        export.ship(tmp_path / "made", shipped)
    (shipped / "starter" / export.MANIFEST).write_bytes(msgspec.json.encode(replace(ships, besides=())))
    assert export.ship(tmp_path / "made", shipped) == starter.manifest(shipped) == made


@pytest.mark.parametrize("edition", [1, 2])
def test_other_weights_do_not_ship_under_names_that_desks_know(tmp_path: Path, edition: int) -> None:
    shipped, made = tmp_path / "shipped", tmp_path / "made"
    before = exported(shipped, edition=2)
    exported(made, OTHER_PARTS, edition=edition)
    with pytest.raises(Taken, match=f"Edition {edition} was shipped before .* give the recipe the next edition"):
        export.ship(made, shipped)
    assert starter.manifest(shipped) == before
    assert lzma.decompress((shipped / "starter" / "clip_l.gguf.xz").read_bytes()) == PARTS["clip_l"]


def test_an_export_of_the_same_weights_ships_again(tmp_path: Path) -> None:
    shipped, made = tmp_path / "shipped", tmp_path / "made"
    exported(shipped)
    exported(made)
    assert export.ship(made, shipped) == starter.manifest(made) == starter.manifest(shipped)
