"""What ships is what was exported."""

import hashlib
from pathlib import Path

import pytest
from msgspec.structs import replace

from build.starter.image import export
from build.starter.image.export import Settings
from ddesk.paths import defaults
from ddesk.store import starter

pytestmark = pytest.mark.quick
PARTS = {"diffusion": b"transformer" * 100, "clip_l": b"words" * 100, "taesd": b"pixels" * 100}
SETTINGS = Settings(steps=3, cfg=1.5)


def test_the_desk_unpacks_what_was_exported_and_the_manifest_has_its_hashes(tmp_path: Path) -> None:
    made = export.write(PARTS, SETTINGS, tmp_path, preset=0)
    assert {file.part: file.sha256 for file in made.files} == {
        part: hashlib.sha256(content).hexdigest() for part, content in PARTS.items()
    }
    assert starter.manifest(tmp_path) == made
    unpacked = starter.unpack(tmp_path, tmp_path / "models")
    assert {file.part: (tmp_path / "models" / file.name).read_bytes() for file in unpacked} == PARTS


def test_what_else_the_preset_says_and_the_places_stay_as_they_are(tmp_path: Path) -> None:
    ships, made = starter.manifest(defaults()), export.write(PARTS, SETTINGS, tmp_path, preset=0)
    assert (made.preset.defaults.steps, made.preset.defaults.cfg) == (3, 1.5)
    defaults_before = replace(ships.preset.defaults, steps=3, cfg=1.5)
    assert made.preset == replace(ships.preset, defaults=defaults_before)
    assert [(file.part, file.packed, file.name) for file in made.files] == [
        (file.part, file.packed, file.name) for file in ships.files
    ]
