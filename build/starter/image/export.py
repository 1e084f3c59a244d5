"""The files that ship: each part compressed, and the manifest that says what is in them."""

import hashlib
import lzma
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ddesk import paths
from ddesk.paths import write_durably
from ddesk.store import starter
from ddesk.store.starter import Starter, StarterFile

MANIFEST = "manifest.json"
BEST = 9 | lzma.PRESET_EXTREME
"""Of xz's presets: some seconds more, once, for fewer bytes in every copy."""


class Settings(Struct, frozen=True):
    """What the model's pictures are best made with."""

    steps: int
    cfg: float


def write(parts: Mapping[str, bytes], settings: Settings, defaults: Path, preset: int = BEST) -> Starter:
    """Into the folder `starter` of `defaults`. What else the manifest says, and where files go, is as in what ships.

    So are the files that come with it and belong to no preset.
    """
    about = starter.manifest(paths.defaults())
    best = replace(about.preset.defaults, steps=settings.steps, cfg=settings.cfg)
    files = tuple(_described(file, parts[file.part]) for file in about.files)
    for file in files:
        write_durably(defaults / "starter" / file.packed, lzma.compress(parts[file.part], preset=preset), 0o644)
    for file in about.besides:
        shipped = (paths.defaults() / "starter" / file.packed).read_bytes()
        write_durably(defaults / "starter" / file.packed, shipped, 0o644)
    made = replace(about, preset=replace(about.preset, defaults=best), files=files)
    text = msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"
    write_durably(defaults / "starter" / MANIFEST, text, 0o644)
    return made


def _described(file: StarterFile, content: bytes) -> StarterFile:
    return replace(file, size=len(content), sha256=hashlib.sha256(content).hexdigest())
