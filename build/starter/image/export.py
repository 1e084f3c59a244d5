"""The files that ship: each part compressed, and the manifest that says what is in them."""

import hashlib
import lzma
import re
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


class Taken(Exception):
    """A file that shipped has the name already, and another content."""


def write(parts: Mapping[str, bytes], settings: Settings, edition: int, defaults: Path, preset: int = BEST) -> Starter:
    """Into the folder `starter` of `defaults`. The preset's files that aren't among `parts`, and what else the manifest
    says, are as in what ships; of what comes besides there is only what is among them.
    """
    about = starter.manifest(paths.defaults())
    made = replace(about, besides=tuple(_described(file, parts) for file in about.besides if file.part in parts))
    if any(file.part in parts for file in about.files):
        files = tuple(_named(_described(file, parts), edition) for file in about.files)
        best = replace(about.preset.defaults, steps=settings.steps, cfg=settings.cfg)
        made = replace(made, edition=edition, preset=replace(about.preset, defaults=best), files=files)
    for file in made.all_files:
        shipped = paths.defaults() / "starter" / file.packed
        packed = lzma.compress(parts[file.part], preset=preset) if file.part in parts else shipped.read_bytes()
        write_durably(defaults / "starter" / file.packed, packed, 0o644)
    _write_manifest(made, defaults)
    return made


def ship(exported: Path, defaults: Path) -> Starter:
    """What was written into `exported` takes the place of what `defaults` has; of what comes besides, the rest stays.

    Raises Taken, before anything is changed: pictures that desks made with a file name it, and must find it again.
    """
    new, old = starter.manifest(exported), starter.manifest(defaults)
    known = {file.name: file.sha256 for file in old.all_files}
    taken = [file.name for file in new.all_files if known.get(file.name, file.sha256) != file.sha256]
    if taken or new.edition < old.edition:
        raise Taken(
            f"Edition {new.edition} was shipped before with other files ({', '.join(taken) or 'an earlier one'}), and"
            " desks have made pictures with those: give the recipe the next edition, or the manifest another name for"
            " what comes besides, export, and ship again."
        )
    besides = {file.part: file for file in (*old.besides, *new.besides)}
    shipped = replace(new, besides=tuple(besides.values()))
    for file in new.all_files:
        write_durably(defaults / "starter" / file.packed, (exported / "starter" / file.packed).read_bytes(), 0o644)
    _write_manifest(shipped, defaults)
    return shipped


def _described(file: StarterFile, parts: Mapping[str, bytes]) -> StarterFile:
    """As it was, where it isn't among them."""
    if file.part not in parts:
        return file
    content = parts[file.part]
    return replace(file, size=len(content), sha256=hashlib.sha256(content).hexdigest())


def _named(file: StarterFile, edition: int) -> StarterFile:
    mark = "" if edition == 1 else f"-{edition}"
    return replace(file, name=re.sub(r"/starter(-\d+)?", f"/starter{mark}", file.name))


def _write_manifest(made: Starter, defaults: Path) -> None:
    text = msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"
    write_durably(defaults / "starter" / MANIFEST, text, 0o644)
